-- What could not be processed, the latest first, over all scopes. For operators. org_id '' asks for all organisations.
SELECT
    org_id,
    user_id,
    session_id,
    job_id,
    code,
    message,
    field,
    stage,
    subject,
    attempt,
    retryable,
    turn_ids,
    source_topic,
    source_partition,
    source_offset,
    sent_at,
    recorded_at,
    bytes,
    kept
FROM dead_letters
WHERE {org_id:String} = '' OR org_id = {org_id:String}
ORDER BY recorded_at DESC, letter_partition, letter_offset DESC
LIMIT {limit:UInt32}
