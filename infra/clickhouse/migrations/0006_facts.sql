-- As good as e400653c60b69e2b7740b2b14e89dedf89b27e4951af569c837e937f65c91ae0: facts in granules of 2048.

CREATE TABLE IF NOT EXISTS {database}_data.facts
(
    org_id LowCardinality(String),
    user_id String,
    fact_id String,
    generation UInt32,
    revision UInt64 COMMENT 'Counts the changes of this fact; the highest stands.',
    change LowCardinality(String) COMMENT 'What the latest revision did.',
    status LowCardinality(String),
    session_id String COMMENT 'Of the conversation that first taught it.',
    type LowCardinality(String),
    title String,
    content String CODEC(ZSTD(1)),
    subject Nullable(String),
    predicate LowCardinality(Nullable(String)),
    object Nullable(String),
    about String,
    asserted_by_role LowCardinality(String),
    asserted_by_name Nullable(String),
    confidence Float64,
    confidence_basis LowCardinality(String),
    provenance LowCardinality(String),
    visibility LowCardinality(String),
    evidence Array(Tuple(
        turn_id String,
        quote Nullable(String),
        said_at DateTime64(3, 'UTC'))),
    entities Array(Tuple(entity_id String, name String, type String)),
    confirmations UInt32 COMMENT 'Distinct turns that say it.',
    occurred_start Nullable(DateTime64(3, 'UTC')) COMMENT 'When what it tells happened, if that was said.',
    occurred_end Nullable(DateTime64(3, 'UTC')),
    mentioned_at DateTime64(3, 'UTC'),
    recorded_at DateTime64(3, 'UTC'),
    expires_at Nullable(DateTime64(3, 'UTC')),
    superseded_by Nullable(String),
    intervals Array(Tuple(
        valid_from DateTime64(3, 'UTC'),
        valid_to Nullable(DateTime64(3, 'UTC')),
        superseded_by Nullable(String))) COMMENT 'When it held, in order; without valid_to it still does.',
    job_ids Array(String),
    window_id String,
    extraction_key String,
    extractor LowCardinality(String),
    model LowCardinality(String),
    prompt_version LowCardinality(String),
    schema_version UInt32,
    INDEX by_fact fact_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY generation
ORDER BY (org_id, user_id, fact_id, generation)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per fact and generation, the latest revision. Ordered by scope, because facts are read a person at a time; a fact id is unique in its scope, and revisions are counted in the log, so a repeat or a late older revision vanishes. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE IF NOT EXISTS {database}_data.windows_resolved
(
    org_id LowCardinality(String),
    user_id String,
    session_id String,
    window_id String,
    extraction_key String,
    generation UInt32,
    facts_created UInt32,
    facts_reconfirmed UInt32,
    facts_superseded UInt32,
    recorded_at DateTime64(3, 'UTC'),
    version UInt64 COMMENT 'Offset in the facts topic.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY generation
ORDER BY (org_id, user_id, session_id, window_id, extraction_key, generation)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per window whose facts all stand in the table facts: the sink inserts those first. A row that comes again is the same record and replaces its twin.';

CREATE VIEW IF NOT EXISTS {database}.facts AS
SELECT
    * EXCEPT (generation, intervals),
    intervals[-1].valid_from AS valid_from,
    intervals[-1].valid_to AS valid_to
FROM {database}_data.facts FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per fact of the live generation, whatever its status: status = ''active'' holds now. valid_from and valid_to are those of its latest interval.';

CREATE VIEW IF NOT EXISTS {database}.facts_history AS
SELECT
    org_id,
    user_id,
    fact_id,
    type,
    title,
    content,
    subject,
    predicate,
    object,
    about,
    visibility,
    interval.valid_from AS valid_from,
    interval.valid_to AS valid_to,
    interval.superseded_by AS superseded_by,
    status
FROM {database}_data.facts FINAL
ARRAY JOIN intervals AS interval
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per interval in which a fact held: Berlin, Oslo, Berlin again is one fact with two intervals, and another with one. status is the fact''s of today.';
