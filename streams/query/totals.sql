-- How much went in and what became of it, over all scopes. For operators, and for checking that nothing is missing.
WITH
    sent AS
    (
        SELECT
            countIf(kind = 'submission') AS accepted,
            countIf(kind = 'resubmission') AS resubmitted,
            countIf(kind IN ('session_ended', 'flush')) AS controls,
            sumIf(turns_in, kind = 'submission') AS turns_in,
            sum(turns_duplicate) AS turns_duplicate,
            sum(turns_conflicting) AS turns_conflicting
        FROM submissions
    ),
    letters AS
    (
        SELECT
            count() AS dead_letters,
            countIf(subject = 'submission') AS refused,
            countIf(subject = 'control') AS controls_refused
        FROM dead_letters
    ),
    calls AS
    (
        SELECT
            count() AS extractions,
            countIf(NOT journal_hit) AS computed,
            countIf(journal_hit) AS journal_hits,
            sum(cost_usd) AS cost_usd
        FROM extractions
    ),
    known AS
    (
        SELECT count() AS facts, countIf(status = 'active') AS facts_active
        FROM facts
    )
SELECT
    accepted,
    resubmitted,
    controls,
    refused,
    controls_refused,
    turns_in,
    (SELECT count() FROM turns) AS turns_stored,
    turns_duplicate,
    turns_conflicting,
    dead_letters,
    (SELECT sum(windows) FROM generations WHERE live) AS windows_resolved,
    extractions,
    computed,
    journal_hits,
    cost_usd,
    facts,
    facts_active
FROM sent, letters, calls, known
