-- How many jobs have not ended, and the one accepted first. For operators.
SELECT
    count() AS open_jobs,
    argMinOrNull(job_id, accepted_at) AS job_id,
    argMinOrNull(org_id, accepted_at) AS org_id,
    argMinOrNull(user_id, accepted_at) AS user_id,
    argMinOrNull(state::String, accepted_at) AS state,
    minOrNull(accepted_at) AS accepted_at
FROM jobs
WHERE state < 'completed'
