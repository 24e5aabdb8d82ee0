-- Jobs that wait for longer than they should, and which stage holds them: how many, and the one that waits longest.
SELECT held_by, state::String AS state, count() AS jobs, min(since) AS oldest, argMin(job_id, since) AS example
FROM jobs_stuck
GROUP BY held_by, state
ORDER BY oldest
