-- The jobs of one scope, the latest accepted first. state '' asks for every state.
SELECT
    org_id,
    user_id,
    job_id,
    session_id,
    attempt,
    state,
    reason,
    error,
    accepted_at,
    buffered_at,
    processing_at,
    ended_at,
    turns_in,
    turns_stored,
    turns_duplicate,
    turns_conflicting,
    resubmissions,
    windows,
    windows_done,
    windows_failed,
    facts_created,
    facts_reconfirmed,
    facts_superseded,
    dropped,
    model_attempts,
    tokens_in,
    tokens_out,
    tokens_cached,
    cost_usd,
    extractor,
    model,
    prompt_version,
    first_error,
    last_error,
    candidates,
    trace_id,
    title,
    document_id
FROM jobs
WHERE org_id = {org_id:String}
    AND user_id = {user_id:String}
    AND ({state:String} = '' OR state::String = {state:String})
ORDER BY accepted_at DESC, job_id
LIMIT {limit:UInt32}
