-- How far the tables are behind Kafka. The sink inserts a position after the rows of the records before it.

CREATE TABLE IF NOT EXISTS {database}_data.positions
(
    topic LowCardinality(String),
    partition UInt32,
    position UInt64 COMMENT 'The rows of all records before this offset are there.',
    appended_at DateTime64(3, 'UTC') COMMENT 'Time of the last of these records, as its topic keeps it.'
)
ENGINE = ReplacingMergeTree(position)
ORDER BY (topic, partition)
COMMENT 'One row per partition the sink reads. The highest position stands: what comes again is not ahead of it.';

CREATE OR REPLACE VIEW {database}.freshness AS
SELECT
    arrayJoin(multiIf(
        topic = 'conversations', ['turns', 'submissions'],
        topic = 'results', ['extractions'],
        topic = 'dead-letters', ['dead_letters'],
        startsWith(topic, 'facts.g'), ['facts'],
        startsWith(topic, 'jobs.g'), ['jobs'],
        [])) AS view,
    topic,
    partition,
    position,
    appended_at
FROM {database}_data.positions FINAL
WHERE topic NOT LIKE '%.g%'
    OR endsWith(topic, (SELECT '.g' || toString(generation) FROM {database}_data.live_generation FINAL))
COMMENT 'One row per view and partition of the topic that feeds it: the view holds all records before position. Kafka''s end less position is what it lacks, markers of transactions included.';
