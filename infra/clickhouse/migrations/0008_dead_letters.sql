CREATE TABLE IF NOT EXISTS {database}_data.dead_letters
(
    org_id LowCardinality(String) COMMENT 'Empty, as user_id and session_id, where it could not be read.',
    user_id String,
    source_topic LowCardinality(String),
    source_partition UInt32,
    source_offset UInt64,
    stage LowCardinality(String),
    subject LowCardinality(String) COMMENT 'What was refused: submission, control, turns (conflicts) or window.',
    attempt UInt32,
    code LowCardinality(String),
    message String COMMENT 'Names fields and limits, never what they held.',
    field Nullable(String),
    session_id String,
    job_id Nullable(String),
    turn_ids Array(String),
    retryable Bool COMMENT 'Sending it again could help.',
    sent_at DateTime64(3, 'UTC') COMMENT 'Time of the original record.',
    key Nullable(String) COMMENT 'Bytes of the original key.',
    value String CODEC(ZSTD(1)) COMMENT 'The original bytes, or the first 64 KiB of a large one, or nothing where they are not to be kept.',
    bytes UInt64 COMMENT 'Length of the original value.',
    sha256 String COMMENT 'Of the original value.',
    kept Bool COMMENT 'value is whole.',
    headers Array(Tuple(name String, value String)),
    letter_partition UInt32,
    letter_offset UInt64 COMMENT 'Place in the dead-letter topic.',
    recorded_at DateTime64(3, 'UTC'),
    version UInt64 COMMENT 'Offset in the dead-letter topic.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, source_topic, source_partition, source_offset, stage, subject, attempt)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per record that could not be processed. Ordered by scope, then by what it is: the original coordinate, the stage, what was refused and the attempt; a row that comes again replaces its twin.';

CREATE VIEW IF NOT EXISTS {database}.dead_letters AS
SELECT * EXCEPT (version)
FROM {database}_data.dead_letters FINAL
COMMENT 'One row per record that could not be processed, with its reason and the original bytes.';
