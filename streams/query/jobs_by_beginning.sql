-- Every job whose id begins so, whatever its scope: for operators who have it from a screen. Reads all ids.
SELECT *
FROM jobs
WHERE startsWith(job_id, {beginning:String})
ORDER BY org_id, user_id, job_id
