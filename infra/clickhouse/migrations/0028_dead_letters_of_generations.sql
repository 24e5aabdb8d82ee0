-- A window whose extraction failed is dead for its generation: readers see the live one's. What a letter is about lies
-- at a place in Kafka that belongs to one generation, so the order key tells generations apart already.

ALTER TABLE {database}_data.dead_letters
    ADD COLUMN IF NOT EXISTS generation Nullable(UInt32) COMMENT 'Of the window; null where what was refused has none.' AFTER attempt;

CREATE OR REPLACE VIEW {database}.dead_letters AS
SELECT * EXCEPT (version, generation)
FROM {database}_data.dead_letters FINAL
WHERE generation IS NULL OR generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per record that could not be processed, with its reason and the original bytes; of windows those of the live generation.';
