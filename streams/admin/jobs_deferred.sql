-- Jobs of a generation that wait for a deferred window, and do not in the live one.
SELECT count() AS jobs
FROM
(
    SELECT
        org_id,
        user_id,
        job_id,
        argMaxIf(state, attempt, generation = {generation:UInt32}) = 'deferred' AS waits,
        argMaxIf(state, attempt, generation = {live:UInt32}) = 'deferred' AS waits_live
    FROM {data:Identifier}.job_parts FINAL
    WHERE generation IN ({generation:UInt32}, {live:UInt32}) AND part = 'resolved'
    GROUP BY org_id, user_id, job_id
)
WHERE waits AND NOT waits_live
