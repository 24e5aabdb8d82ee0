-- What is known about a person: facts of one scope with their evidence, the latest mentioned first.
-- status '' asks for facts of every status, superseded ones too; 'active' for those that hold now.
SELECT
    org_id,
    user_id,
    fact_id,
    revision,
    status,
    type,
    title,
    content,
    subject,
    predicate,
    object,
    about,
    asserted_by_role,
    asserted_by_name,
    confidence,
    provenance,
    visibility,
    evidence,
    entities,
    confirmations,
    occurred_start,
    occurred_end,
    mentioned_at,
    valid_from,
    valid_to,
    expires_at,
    superseded_by,
    job_ids,
    window_id,
    extractor,
    model,
    prompt_version
FROM facts
WHERE org_id = {org_id:String}
    AND user_id = {user_id:String}
    AND ({status:String} = '' OR status = {status:String} AND (status != 'active' OR expires_at IS NULL OR expires_at > now()))
ORDER BY mentioned_at DESC, fact_id
LIMIT {limit:UInt32}
