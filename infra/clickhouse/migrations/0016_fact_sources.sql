-- Facts by what was said of their submissions. A view, not more columns: what a job was sent with stands once.

CREATE OR REPLACE VIEW {database}.fact_sources AS
SELECT
    fact.org_id AS org_id,
    fact.user_id AS user_id,
    fact.fact_id AS fact_id,
    fact.status AS status,
    fact.type AS type,
    fact.content AS content,
    fact.mentioned_at AS mentioned_at,
    fact.job_id AS job_id,
    job.told.1 AS session_id,
    job.told.2 AS title,
    job.told.3 AS document_id,
    job.told.4 AS collection_id,
    job.told.5 AS tags,
    job.told.6 AS metadata,
    job.told.7 AS trace_id,
    job.told.8 AS headers
FROM
(
    SELECT org_id, user_id, fact_id, status, type, content, mentioned_at, arrayJoin(job_ids) AS job_id
    FROM {database}_data.facts FINAL
    WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
) AS fact
INNER JOIN
(
    SELECT
        org_id,
        user_id,
        job_id,
        argMax((session_id, title, document_id, collection_id, tags, metadata, trace_id, headers), attempt) AS told
    FROM {database}_data.job_parts FINAL
    WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL) AND part = 'accepted'
    GROUP BY org_id, user_id, job_id
) AS job
    ON job.org_id = fact.org_id AND job.user_id = fact.user_id AND job.job_id = fact.job_id
COMMENT 'One row per fact and job that taught it: the title, document, collection, tags, metadata and headers the job came with. Facts by tag: WHERE has(tags, ''...'').';
