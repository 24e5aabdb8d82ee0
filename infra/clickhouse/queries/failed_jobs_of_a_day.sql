-- Jobs that failed, in part or whole, or were refused, by why: today's with day = today().
SELECT org_id, state::String AS state, ifNull(reason, '') AS reason, count() AS jobs, any(job_id) AS example
FROM jobs
WHERE state IN ('failed', 'completed_partial', 'dead_lettered')
    AND toDate(ended_at, 'UTC') = {day:Date}
GROUP BY org_id, state, reason
ORDER BY jobs DESC, org_id, state, reason
