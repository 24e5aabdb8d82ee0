-- Turns of dry runs: accepted, and neither stored nor remembered.
SELECT sum(turns_in - turns_duplicate - turns_conflicting) AS turns_tried
FROM submissions
WHERE kind = 'submission' AND JSONExtractBool(options, 'dry_run')
