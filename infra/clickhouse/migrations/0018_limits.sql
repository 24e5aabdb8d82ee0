-- When a job is stuck depends on the settings. `turnlog migrate` writes them; the defaults stand until then.

CREATE TABLE IF NOT EXISTS {database}_data.limits
(
    id UInt8 DEFAULT 1 COMMENT 'Always 1.',
    window_age_s UInt32 COMMENT 'Greatest age of a window.',
    extraction_s UInt32 COMMENT 'Longest extraction, all its attempts included.'
)
ENGINE = ReplacingMergeTree
ORDER BY id
COMMENT 'One row. All rows share the key, so the one inserted last replaces the others.';

CREATE OR REPLACE VIEW {database}.jobs_stuck AS
WITH (SELECT ifNull(2 * anyOrNull(window_age_s + extraction_s), 4080) FROM {database}_data.limits FINAL) AS limit_s
SELECT
    job.org_id AS org_id,
    job.user_id AS user_id,
    job.job_id AS job_id,
    job.session_id AS session_id,
    job.state AS state,
    multiIf(
        job.state = 'deferred' AND job.reason = 'budget', 'budget',
        job.state = 'deferred', 'extract',
        job.state != 'processing', 'window',
        answers.windows >= greatest(job.windows, 1), 'resolve',
        'extract') AS held_by,
    greatest(job.accepted_at, job.buffered_at, job.processing_at) AS since,
    limit_s,
    job.windows AS windows,
    answers.windows AS windows_answered,
    job.windows_done AS windows_done,
    job.trace_id AS trace_id
FROM {database}.jobs AS job
LEFT JOIN
(
    SELECT org_id, user_id, share.job_id AS job_id, share.attempt AS attempt, uniqExact(window_id) AS windows
    FROM {database}_data.extractions FINAL
    ARRAY JOIN jobs AS share
    WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
    GROUP BY org_id, user_id, job_id, attempt
) AS answers
    ON answers.org_id = job.org_id
    AND answers.user_id = job.user_id
    AND answers.job_id = job.job_id
    AND answers.attempt = job.attempt
WHERE state < 'completed' AND since < now() - toIntervalSecond(limit_s)
COMMENT 'Jobs that have not ended for more than limit_s seconds, twice the greatest age of a window and the longest extraction, and the stage that holds them.';
