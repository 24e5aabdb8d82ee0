-- What is refused, and at which field: numbers in a path are left out, so that turns.3.role and turns.5.role are one.
SELECT
    org_id,
    code,
    replaceRegexpAll(ifNull(field, ''), '\\.\\d+', '.*') AS path,
    count() AS letters,
    any(message) AS example,
    max(recorded_at) AS latest
FROM dead_letters
WHERE recorded_at >= {since:DateTime64(3, 'UTC')}
GROUP BY org_id, code, path
ORDER BY letters DESC, org_id, code, path
