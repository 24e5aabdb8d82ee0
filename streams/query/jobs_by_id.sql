-- Every job with this id, whatever its scope: ids of callers are unique in a scope only. For operators, who may also
-- give the beginning of an id, as screens show it.
SELECT *
FROM jobs
WHERE job_id = {job_id:String}
    OR (length({job_id:String}) >= 8 AND startsWith(job_id, {job_id:String}))
ORDER BY org_id, user_id
