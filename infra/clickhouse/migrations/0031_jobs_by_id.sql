-- Jobs by their id alone. One filter for every granule, which errs once in a thousand instead of a hundred times: of
-- every million jobs the old ones named some 13 granules that do not hold the id, and each was read.

ALTER TABLE {database}_data.job_parts
    ADD INDEX IF NOT EXISTS by_job_id job_id TYPE bloom_filter(0.001) GRANULARITY 1;

ALTER TABLE {database}_data.job_parts MATERIALIZE INDEX by_job_id;

ALTER TABLE {database}_data.job_parts DROP INDEX IF EXISTS by_job;
