-- Facts that were learnt or changed since a time, a person at a time, with the quotes that prove them.
WITH evidence[greatest(1, arrayFirstIndex(turn -> ifNull(turn.quote, '') != '', evidence))] AS proof
SELECT
    org_id,
    user_id,
    fact_id,
    status::String AS status,
    type::String AS type,
    content,
    about,
    proof.quote AS quote,
    proof.turn_id AS turn_id,
    mentioned_at
FROM facts
WHERE recorded_at >= fromUnixTimestamp64Milli({since:Int64})
ORDER BY org_id, user_id, mentioned_at, fact_id
LIMIT {limit:UInt32}
