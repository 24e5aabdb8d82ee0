-- What a generation was derived with, as its rows tell it. `live` is one value for the whole statement, as in every
-- other view: a scalar subquery is evaluated once, however often it stands there.

CREATE OR REPLACE VIEW {database}.generations AS
SELECT
    generation,
    (generation = (SELECT generation FROM {database}_data.live_generation FINAL))::Bool AS live,
    'facts.g' || toString(generation) AS facts_topic,
    'jobs.g' || toString(generation) AS jobs_topic,
    sum(windows) AS windows,
    sum(facts) AS facts,
    arraySort(groupUniqArrayArray(extractors)) AS extractors,
    arraySort(groupUniqArrayArray(models)) AS models,
    arraySort(groupUniqArrayArray(prompt_versions)) AS prompt_versions
FROM
(
    SELECT
        generation,
        0 AS windows,
        0 AS facts,
        [] AS extractors,
        [] AS models,
        [] AS prompt_versions
    FROM {database}_data.live_generation FINAL
    UNION ALL
    SELECT generation, count(), 0, [], [], []
    FROM {database}_data.windows_resolved FINAL
    GROUP BY generation
    UNION ALL
    SELECT generation, 0, count(), [], [], []
    FROM {database}_data.facts FINAL
    GROUP BY generation
    UNION ALL
    SELECT
        generation,
        0,
        0,
        groupUniqArray(extractor),
        groupUniqArray(model),
        groupUniqArray(prompt_version)
    FROM {database}_data.extractions FINAL
    GROUP BY generation
)
GROUP BY generation
COMMENT 'One row per generation that has rows, and the live one: its topics, the windows resolved, the facts it holds, and what it was derived with.';
