CREATE TABLE IF NOT EXISTS {database}_data.extractions
(
    org_id LowCardinality(String),
    user_id String,
    extraction_key String,
    generation UInt32,
    session_id String,
    window_id String,
    outcome LowCardinality(String) COMMENT 'extracted or failed.',
    reason Nullable(String) COMMENT 'Why there are no candidates.',
    candidates UInt32,
    dropped Map(LowCardinality(String), UInt32) COMMENT 'Proposals dropped, by reason.',
    options String COMMENT 'JSON object: what all turns of the window agree on.',
    jobs Array(Tuple(
        job_id String,
        attempt UInt32,
        units UInt32,
        total UInt32,
        tokens UInt32,
        trace_id String)) COMMENT 'The jobs that share the window: their units here, in all, and their share of the cost.',
    units UInt32,
    closed_by LowCardinality(String),
    closed_at DateTime64(3, 'UTC'),
    extractor LowCardinality(String),
    model LowCardinality(String),
    prompt_version LowCardinality(String),
    schema_version UInt32,
    tokens_in UInt64,
    tokens_out UInt64,
    tokens_cached UInt64,
    cost_micros UInt64 COMMENT 'Millionths of a US dollar.',
    latency_ms UInt64,
    attempts UInt32 COMMENT 'Calls made for this answer.',
    finish_reason LowCardinality(Nullable(String)),
    journal_hit Bool COMMENT 'The answer was in the journal: nothing was paid.',
    error Nullable(String),
    version UInt64 COMMENT 'A call beats a journal hit; of two alike the earlier in the topic wins.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY generation
ORDER BY (org_id, user_id, extraction_key, window_id, generation)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per extraction, window and generation: a dry run and the real window of the same turns share their answer, and are two windows. An extractor that restarts may say its result again: the highest version is the first one, and never a journal hit where there was a call. The generation is in the key so that FINAL keeps generations apart.';

CREATE VIEW IF NOT EXISTS {database}.extractions AS
SELECT
    * EXCEPT (generation, version),
    cost_micros / 1000000 AS cost_usd
FROM {database}_data.extractions FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per extraction of the live generation: tokens, cost, latency, and whether the journal had the answer.';
