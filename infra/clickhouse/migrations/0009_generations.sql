CREATE VIEW IF NOT EXISTS {database}.generations AS
SELECT
    generation,
    (generation IN (SELECT generation FROM {database}_data.live_generation FINAL))::Bool AS live,
    'facts.g' || toString(generation) AS facts_topic,
    'jobs.g' || toString(generation) AS jobs_topic,
    sum(windows) AS windows,
    sum(facts) AS facts
FROM
(
    SELECT generation, 0 AS windows, 0 AS facts FROM {database}_data.live_generation FINAL
    UNION ALL
    SELECT generation, count() AS windows, 0 AS facts FROM {database}_data.windows_resolved FINAL GROUP BY generation
    UNION ALL
    SELECT generation, 0 AS windows, count() AS facts FROM {database}_data.facts FINAL GROUP BY generation
)
GROUP BY generation
COMMENT 'One row per generation that has rows, and the live one: its topics, the windows resolved and the facts it holds.';
