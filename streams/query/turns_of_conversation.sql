-- A conversation as it was said: the turns of one session, by their own times, then by arrival.
SELECT
    turn_id,
    role,
    name,
    text,
    said_at,
    time_is_arrival,
    event_id,
    job_id
FROM turns
WHERE org_id = {org_id:String} AND user_id = {user_id:String} AND session_id = {session_id:String}
ORDER BY said_at, log_offset, turn_index
LIMIT {limit:UInt32}
