-- What extraction cost, by organisation and day.
SELECT
    org_id,
    day,
    sum(calls) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    round(sum(cost_usd), 6) AS cost_usd
FROM cost_by_scope_day
WHERE day >= {since:Date}
GROUP BY org_id, day
ORDER BY day DESC, cost_usd DESC, org_id
