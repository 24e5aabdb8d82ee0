-- The jobs accepted last, over all scopes. org_id, user_id and state '' ask for all. For operators.
SELECT
    org_id,
    user_id,
    session_id,
    job_id,
    state::String AS state,
    reason,
    accepted_at,
    ended_at,
    turns_stored,
    turns_duplicate,
    windows,
    windows_done,
    facts_created,
    facts_reconfirmed
FROM jobs
WHERE ({org_id:String} = '' OR org_id = {org_id:String})
    AND ({user_id:String} = '' OR user_id = {user_id:String})
    AND ({state:String} = '' OR state::String = {state:String})
ORDER BY accepted_at DESC, org_id, user_id, job_id
LIMIT {limit:UInt32}
