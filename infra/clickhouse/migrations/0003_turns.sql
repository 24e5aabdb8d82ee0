-- Turns have no generation: they are what was said, whatever is made of it.
--
-- Here and in the tables that follow parts stay compact (one file for all columns) up to 10 GiB and granules are small:
-- what is asked most is whole rows of one person, and that is four times faster so. Scans of few columns cost the same.
-- Turns and facts, which have texts, are read 256 at a time: of each part a whole granule is unpacked for one person.
-- Where twelve parts hold facts of a person that takes half the time it takes with granules of 2048; scans take a quarter
-- longer.
--
-- As good as f2cbea5eb5c4a0db5f6956ee8a4e5bbc10cf35ebb680c04801aa97b1a5ad5b2a: granules of 2048.

CREATE TABLE IF NOT EXISTS {database}_data.turns
(
    org_id LowCardinality(String),
    user_id String,
    session_id String,
    turn_id String,
    role LowCardinality(String),
    name Nullable(String),
    text String CODEC(ZSTD(1)),
    said_at DateTime64(3, 'UTC'),
    time_is_arrival Bool COMMENT 'The publisher gave no time: said_at is when the record was sent.',
    event_id Nullable(String),
    observations Array(Tuple(
        content String,
        type Nullable(String),
        confidence Nullable(Float64),
        occurred_at Nullable(DateTime64(3, 'UTC')))),
    job_id String,
    attempt UInt32,
    write_active Bool COMMENT 'Readable before its facts are there.',
    write_passive Bool COMMENT 'Facts were asked for.',
    to_extract Bool COMMENT 'Facts were asked for, and the turn is not blank.',
    title Nullable(String),
    document_id Nullable(String),
    collection_id Nullable(String),
    visibility LowCardinality(String),
    tags Array(LowCardinality(String)),
    metadata String COMMENT 'JSON object.',
    trace_id String,
    headers Map(LowCardinality(String), String),
    log_partition UInt32,
    log_offset UInt64 COMMENT 'Place of its submission in the conversation log.',
    turn_index UInt32 COMMENT 'Place in its submission.',
    recorded_at DateTime64(3, 'UTC') COMMENT 'When the conversation log took it.',
    version UInt64 COMMENT 'Log offset of the record that wrote this row.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, session_id, turn_id)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per turn. Ordered by scope and conversation, because that is how turns are read; a turn id is unique in its conversation, so a row that comes again replaces its twin.';

CREATE VIEW IF NOT EXISTS {database}.turns AS
SELECT
    org_id,
    user_id,
    session_id,
    turn_id,
    role,
    name,
    text,
    said_at,
    time_is_arrival,
    event_id,
    observations,
    job_id,
    attempt,
    write_active,
    write_passive,
    to_extract,
    title,
    document_id,
    collection_id,
    visibility,
    tags,
    metadata,
    trace_id,
    headers,
    log_partition,
    log_offset,
    turn_index,
    recorded_at
FROM {database}_data.turns FINAL
COMMENT 'One row per turn. In a scope, log_offset and turn_index give the order of arrival.';
