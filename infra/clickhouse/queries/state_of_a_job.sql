-- What became of a submission: how far its job is, why it waits or failed, and what it brought. Few columns: of a view
-- as wide as jobs each one asked for costs a part of the answer's time.
SELECT
    state::String AS state,
    reason,
    last_error,
    accepted_at,
    ended_at,
    turns_stored,
    windows,
    windows_done,
    facts_created,
    facts_reconfirmed
FROM jobs
WHERE org_id = {org_id:String} AND user_id = {user_id:String} AND job_id = {job_id:String}
