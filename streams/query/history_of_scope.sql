-- When facts of one scope held, one row per interval, by subject and predicate: Berlin, then Oslo, then Berlin again.
SELECT
    fact_id,
    type,
    content,
    subject,
    predicate,
    object,
    valid_from,
    valid_to,
    superseded_by,
    status
FROM facts_history
WHERE org_id = {org_id:String} AND user_id = {user_id:String}
ORDER BY subject, predicate, valid_from, fact_id
