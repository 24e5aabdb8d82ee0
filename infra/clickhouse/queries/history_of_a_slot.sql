-- How one thing about somebody changed: every value of a slot, as where Mia lives, with the time in which it held.
SELECT object AS value, content, valid_from, valid_to, status
FROM facts_history
WHERE org_id = {org_id:String}
    AND user_id = {user_id:String}
    AND subject = {subject:String}
    AND predicate = {predicate:String}
ORDER BY valid_from, fact_id
