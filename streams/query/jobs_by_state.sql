-- How many jobs stand in each state, over all scopes. For operators.
SELECT state::String AS state, count() AS jobs
FROM jobs
GROUP BY state
ORDER BY state
