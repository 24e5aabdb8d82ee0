-- The row that decides which generation readers see. Flipping it is one insert with the next number.

CREATE TABLE IF NOT EXISTS {database}_data.live_generation
(
    id UInt8 DEFAULT 1 COMMENT 'Always 1.',
    generation UInt32,
    flip UInt64 COMMENT 'Counts the changes; the highest stands.'
)
ENGINE = ReplacingMergeTree(flip)
ORDER BY id
COMMENT 'One row. All rows share the key, so the one with the highest flip replaces the others.';

INSERT INTO {database}_data.live_generation (generation, flip) VALUES (1, 0);
