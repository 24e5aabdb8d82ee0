-- Two databases: {database} holds the views people read, {database}_data the tables behind them, which only the
-- sink writes. Atomic is named because an embedded server's default is another engine.
--
-- Every statement of a migration does no harm when it runs again: two runners may meet, and one may die half way.

CREATE DATABASE IF NOT EXISTS {database} ENGINE = Atomic;

CREATE DATABASE IF NOT EXISTS {database}_data ENGINE = Atomic;

CREATE TABLE IF NOT EXISTS {database}_data.schema_migrations
(
    name String COMMENT 'File name of the migration.',
    hash_key_fingerprint String COMMENT 'Names the key that all identifiers here were made with.',
    checksum String COMMENT 'SHA-256 of the migration as it was applied.'
)
ENGINE = ReplacingMergeTree
ORDER BY (name, hash_key_fingerprint)
COMMENT 'What was applied, and under which hash key. Two runners write equal rows, which become one; a second fingerprint stays visible beside the first, so that it is noticed.';
