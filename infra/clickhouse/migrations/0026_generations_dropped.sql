-- A number is used once: what a dropped generation asked of extract stays in Kafka, and a second generation of that
-- number would take its answers for its own.

CREATE TABLE IF NOT EXISTS {database}_data.generations_dropped
(
    generation UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY generation
COMMENT 'The numbers of dropped generations. One that comes again replaces its twin.';
