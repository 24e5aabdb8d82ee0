-- Deferred jobs: why they wait, and what their scope's budget lacks.

ALTER TABLE {database}_data.job_parts
    ADD COLUMN IF NOT EXISTS required Nullable(Int64) COMMENT 'While it is deferred for its budget: what a call may cost, in millionths of a US dollar.',
    ADD COLUMN IF NOT EXISTS available Nullable(Int64) COMMENT 'What the scope has left today.',
    ADD COLUMN IF NOT EXISTS shortfall Nullable(Int64) COMMENT 'What is missing.';

-- Each number stands in one part only and is zero in the others, so the greatest is the one that was told. A job whose
-- windows are all closed is processing for `windows`; while one of them is deferred `resolved` says so in its last
-- revision, and that stands above processing and below every end.
CREATE OR REPLACE VIEW {database}.jobs AS
SELECT
    org_id,
    user_id,
    job_id,
    any(part.session_id) AS session_id,
    attempt,
    argMax(part.state, part.rank) AS state,
    argMax((part.reason, part.error), (part.rank, part.part)).1 AS reason,
    argMax((part.reason, part.error), (part.rank, part.part)).2 AS error,
    minOrNullIf(part.at, part.part = 'accepted') AS accepted_at,
    max(part.buffered_at) AS buffered_at,
    max(part.processing_at) AS processing_at,
    minOrNullIf(part.at, part.state >= 'completed') AS ended_at,
    max(part.turns_in) AS turns_in,
    max(part.turns_stored) AS turns_stored,
    max(part.turns_duplicate) AS turns_duplicate,
    max(part.turns_conflicting) AS turns_conflicting,
    max(part.turns_weak) AS turns_weak,
    max(part.resubmissions) AS resubmissions,
    max(part.windows) AS windows,
    max(part.windows_done) AS windows_done,
    max(part.windows_failed) AS windows_failed,
    max(part.facts_created) AS facts_created,
    max(part.facts_reconfirmed) AS facts_reconfirmed,
    max(part.facts_superseded) AS facts_superseded,
    anyIf(part.dropped, part.part = 'resolved') AS dropped,
    max(part.model_attempts) AS model_attempts,
    max(part.tokens_in) AS tokens_in,
    max(part.tokens_out) AS tokens_out,
    max(part.tokens_cached) AS tokens_cached,
    max(part.cost_micros) AS cost_micros,
    cost_micros / 1000000 AS cost_usd,
    max(part.extractor) AS extractor,
    max(part.model) AS model,
    max(part.prompt_version) AS prompt_version,
    max(part.first_error) AS first_error,
    max(part.last_error) AS last_error,
    max(part.candidates) AS candidates,
    max(part.trace_id) AS trace_id,
    anyIf(part.headers, part.part = 'accepted') AS headers,
    max(part.title) AS title,
    max(part.document_id) AS document_id,
    max(part.collection_id) AS collection_id,
    anyIf(part.visibility, part.part = 'accepted') AS visibility,
    anyIf(part.tags, part.part = 'accepted') AS tags,
    anyIf(part.metadata, part.part = 'accepted') AS metadata,
    max(part.options) AS options,
    max(part.source_topic) AS source_topic,
    max(part.source_partition) AS source_partition,
    max(part.source_offset) AS source_offset,
    max(part.sent_at) AS sent_at,
    max(part.required) AS required,
    max(part.available) AS available,
    max(part.shortfall) AS shortfall
FROM
(
    SELECT
        *,
        2 * CAST(state, 'UInt8') + 3 * (part = 'resolved' AND state = 'deferred') AS rank,
        max(attempt) OVER (PARTITION BY org_id, user_id, job_id) AS last_attempt
    FROM {database}_data.job_parts FINAL
    WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
) AS part
WHERE attempt = last_attempt
GROUP BY org_id, user_id, job_id, attempt
COMMENT 'One row per job of the live generation: its last attempt, the highest state, and each number from the stage that owns it. Deferred while a window of it waits.';
