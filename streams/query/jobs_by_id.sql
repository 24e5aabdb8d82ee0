-- Every job with this id, whatever its scope: ids of callers are unique in a scope only. For operators.
SELECT *
FROM jobs
WHERE job_id = {job_id:String}
ORDER BY org_id, user_id
