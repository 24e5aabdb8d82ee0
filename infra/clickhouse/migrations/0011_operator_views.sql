-- What an operator asks: what it costs, and what hangs.

CREATE VIEW IF NOT EXISTS {database}.cost_by_scope_day AS
SELECT
    org_id,
    user_id,
    toDate(closed_at, 'UTC') AS day,
    model,
    count() AS extractions,
    countIf(NOT journal_hit) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    sum(tokens_cached) AS tokens_cached,
    sumIf(cost_micros, NOT journal_hit) / 1000000 AS cost_usd
FROM {database}_data.extractions FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
GROUP BY org_id, user_id, day, model
COMMENT 'What extraction cost, by scope, day (UTC) and model. Journal hits cost nothing.';

CREATE VIEW IF NOT EXISTS {database}.jobs_stuck AS
SELECT
    org_id,
    user_id,
    job_id,
    session_id,
    state,
    multiIf(state = 'deferred', 'budget', state = 'processing', 'extract', 'window') AS held_by,
    greatest(accepted_at, buffered_at, processing_at) AS since,
    windows,
    windows_done,
    trace_id
FROM {database}.jobs
WHERE state < 'completed' AND since < now() - INTERVAL 3720 SECOND
COMMENT 'Jobs that have not ended for more than twice the greatest age of a window (1,800 s) and the longest extraction (60 s), and what holds them.';
