-- Some jobs of one run, in the order of their records.
SELECT
    org_id,
    user_id,
    session_id,
    job_id,
    state::String AS state,
    reason,
    turns_in,
    turns_stored,
    turns_duplicate,
    turns_conflicting,
    windows,
    facts_created,
    facts_reconfirmed
FROM jobs
WHERE source_topic = {topic:String}
    AND assumeNotNull(source_offset) >= {starts:Array(UInt64)}[assumeNotNull(source_partition) + 1]
ORDER BY sent_at, source_partition, source_offset
LIMIT {limit:UInt32}
