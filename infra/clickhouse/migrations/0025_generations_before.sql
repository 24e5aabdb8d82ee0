-- Which generations were live before, so that going back knows where to.

ALTER TABLE {database}_data.live_generation
    ADD COLUMN IF NOT EXISTS before Array(UInt32) COMMENT 'The generations that were live before this one, the last one last.';
