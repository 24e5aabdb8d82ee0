-- What is known and what is still to be understood. A turn waits until every unit of its job stands in a resolved
-- window, and a resolved window is inserted after its facts: a turn never disappears before its facts are there.

CREATE VIEW IF NOT EXISTS {database}.memory_now AS
SELECT
    org_id,
    user_id,
    session_id,
    'fact' AS kind,
    fact_id AS id,
    type,
    about,
    content,
    mentioned_at,
    false AS pending
FROM {database}_data.facts FINAL
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
    AND status = 'active'
    AND (expires_at IS NULL OR expires_at > now())
UNION ALL
SELECT
    turn.org_id AS org_id,
    turn.user_id AS user_id,
    turn.session_id AS session_id,
    'turn' AS kind,
    turn.turn_id AS id,
    turn.role AS type,
    ifNull(turn.name, '') AS about,
    turn.text AS content,
    turn.said_at AS mentioned_at,
    true AS pending
FROM
(
    SELECT org_id, user_id, session_id, turn_id, role, name, text, said_at, job_id, attempt
    FROM {database}_data.turns FINAL
    WHERE write_active AND to_extract
) AS turn
LEFT JOIN
(
    SELECT
        org_id,
        user_id,
        job_id,
        attempt,
        sum(units_of_window) AS units,
        max(total_of_job) AS total
    FROM
    (
        SELECT
            org_id,
            user_id,
            window_id,
            share.job_id AS job_id,
            share.attempt AS attempt,
            max(share.units) AS units_of_window,
            max(share.total) AS total_of_job
        FROM
        (
            SELECT org_id, user_id, window_id, extraction_key, jobs
            FROM {database}_data.extractions FINAL
            WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
        ) AS extraction
        INNER JOIN
        (
            SELECT org_id, user_id, window_id, extraction_key
            FROM {database}_data.windows_resolved FINAL
            WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
        ) AS resolved
            ON resolved.org_id = extraction.org_id
            AND resolved.user_id = extraction.user_id
            AND resolved.window_id = extraction.window_id
            AND resolved.extraction_key = extraction.extraction_key
        ARRAY JOIN jobs AS share
        GROUP BY org_id, user_id, window_id, job_id, attempt
    )
    GROUP BY org_id, user_id, job_id, attempt
) AS done
    ON done.org_id = turn.org_id
    AND done.user_id = turn.user_id
    AND done.job_id = turn.job_id
    AND done.attempt = turn.attempt
WHERE done.total = 0 OR done.units < done.total
COMMENT 'What is known now: active facts, and as pending the turns that are not understood yet.';
