-- Which facts came of a prompt or model, by person: what to look at when one was bad. '' as model asks for all.
SELECT org_id, user_id, content, model, confidence, window_id, job_ids
FROM facts
WHERE prompt_version = {prompt_version:String} AND ({model:String} = '' OR model = {model:String})
ORDER BY org_id, user_id, fact_id
LIMIT {limit:UInt32}
