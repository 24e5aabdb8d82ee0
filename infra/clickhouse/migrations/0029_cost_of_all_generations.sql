-- Money stays spent: what a generation that nobody reads any more has paid counts, and what the live one found in the
-- journal does not count a second time. A window that asked nobody is no call.

CREATE OR REPLACE VIEW {database}.cost_by_scope_day AS
SELECT
    org_id,
    user_id,
    toDate(closed_at, 'UTC') AS day,
    model,
    countIf(generation = (SELECT generation FROM {database}_data.live_generation FINAL)) AS extractions,
    countIf(NOT journal_hit AND attempts > 0) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    sum(tokens_cached) AS tokens_cached,
    sumIf(cost_micros, NOT journal_hit) / 1000000 AS cost_usd
FROM {database}_data.extractions FINAL
GROUP BY org_id, user_id, day, model
COMMENT 'What extraction cost, by scope, day (UTC) and model: extractions of the live generation, and what all generations have asked and paid. Journal hits cost nothing.';

-- The ledger of a dropped generation stays; the generation is gone all the same.

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
WHERE generation NOT IN (SELECT generation FROM {database}_data.generations_dropped FINAL)
GROUP BY generation
COMMENT 'One row per generation that has rows, and the live one: its topics, the windows resolved, the facts it holds, and what it was derived with.';
