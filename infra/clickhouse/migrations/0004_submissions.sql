CREATE TABLE IF NOT EXISTS {database}_data.submissions
(
    org_id LowCardinality(String),
    user_id String,
    source_topic LowCardinality(String),
    source_partition UInt32,
    source_offset UInt64 COMMENT 'With topic and partition: where the publisher''s record lay first.',
    sent_at DateTime64(3, 'UTC') COMMENT 'Time of the publisher''s record.',
    kind LowCardinality(String) COMMENT 'submission, resubmission, session_ended or flush.',
    session_id String,
    job_id Nullable(String),
    attempt UInt32,
    turns_in UInt32,
    turns_stored UInt32,
    turns_duplicate UInt32,
    turns_conflicting UInt32,
    turns_weak UInt32 COMMENT 'Turns without event id and time.',
    resubmissions UInt32 COMMENT 'How often the job came again, this one included.',
    outcome LowCardinality(Nullable(String)) COMMENT 'Where nothing was to be extracted: how the job ended.',
    reason Nullable(String),
    options String COMMENT 'JSON object, every default filled in; empty where there are none.',
    context Nullable(String),
    title Nullable(String),
    document_id Nullable(String),
    collection_id Nullable(String),
    visibility LowCardinality(String),
    tags Array(LowCardinality(String)),
    metadata String COMMENT 'JSON object.',
    entities Array(Tuple(text String, type Nullable(String))),
    trace_id String,
    headers Map(LowCardinality(String), String),
    redactions Map(LowCardinality(String), UInt32) COMMENT 'Secrets replaced, by kind.',
    unknown_fields UInt32,
    rekeyed Bool COMMENT 'It lay on another partition than its scope''s.',
    log_partition UInt32,
    log_offset UInt64,
    recorded_at DateTime64(3, 'UTC'),
    version UInt64 COMMENT 'Log offset of the record that wrote this row.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, source_topic, source_partition, source_offset)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per record of a publisher that was accepted. Ordered by scope, then by the record''s first coordinate, which is its identity: a row that comes again replaces its twin.';

CREATE VIEW IF NOT EXISTS {database}.submissions AS
SELECT * EXCEPT (version)
FROM {database}_data.submissions FINAL
COMMENT 'One row per accepted record of a publisher: submissions, resubmissions and control records.';
