-- How many jobs have not ended, how many of them for too long, and the one accepted first; and how many records crashed
-- a stage until they were given up, within a day. For operators.
SELECT
    count() AS open_jobs,
    (SELECT count() FROM jobs_stuck) AS stuck_jobs,
    (SELECT count() FROM dead_letters WHERE code = 'INTERNAL' AND recorded_at > now() - INTERVAL 1 DAY) AS given_up,
    argMinOrNull(job.job_id, job.accepted_at) AS job_id,
    argMinOrNull(job.org_id, job.accepted_at) AS org_id,
    argMinOrNull(job.user_id, job.accepted_at) AS user_id,
    argMinOrNull(job.state::String, job.accepted_at) AS state,
    minOrNull(job.accepted_at) AS accepted_at
FROM jobs AS job
WHERE job.state < 'completed'
