-- What a publisher sent along as headers stands in every row that follows from its record.

ALTER TABLE {database}_data.extractions
    ADD COLUMN IF NOT EXISTS job_headers Map(String, Map(LowCardinality(String), String)) COMMENT 'By job id: the headers of its submission beside the trace id, where there are any.' AFTER error;

ALTER TABLE {database}_data.facts
    ADD COLUMN IF NOT EXISTS trace_ids Array(String) COMMENT 'Of the submissions that led to the latest revision.';

ALTER TABLE {database}_data.facts
    ADD COLUMN IF NOT EXISTS headers Map(LowCardinality(String), String) COMMENT 'Of the last of these submissions, beside the trace id.';

ALTER TABLE {database}_data.facts
    MODIFY COLUMN entities Array(Tuple(entity_id String, name String, type String, said_as Nullable(String)));

ALTER TABLE {database}_data.job_parts
    ADD COLUMN IF NOT EXISTS headers Map(LowCardinality(String), String) COMMENT 'Of the submission, beside the trace id.' AFTER trace_id;

CREATE OR REPLACE VIEW {database}.extractions AS
SELECT
    * EXCEPT (generation, version),
    cost_micros / 1000000 AS cost_usd
FROM {database}_data.extractions FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per extraction of the live generation: tokens, cost, latency, and whether the journal had the answer.';

CREATE OR REPLACE VIEW {database}.facts AS
SELECT
    * EXCEPT (generation, intervals),
    intervals[-1].valid_from AS valid_from,
    intervals[-1].valid_to AS valid_to
FROM {database}_data.facts FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
COMMENT 'One row per fact of the live generation, whatever its status: status = ''active'' holds now. valid_from and valid_to are those of its latest interval.';
