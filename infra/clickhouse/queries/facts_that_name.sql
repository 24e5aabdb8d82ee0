-- Facts that name somebody or something, by its name or by what else it is called in that person's memory.
SELECT fact.user_id AS user_id, fact.content AS content, fact.status AS status, fact.mentioned_at AS mentioned_at
FROM facts AS fact
WHERE fact.org_id = {org_id:String}
    AND hasAny(fact.entities.entity_id, (
        SELECT groupArray(entity_id)
        FROM entities
        WHERE org_id = {org_id:String}
            AND (lowerUTF8(name) = lowerUTF8({name:String})
                OR has(arrayMap(alias -> lowerUTF8(alias), aliases), lowerUTF8({name:String})))))
ORDER BY user_id, mentioned_at DESC, fact.fact_id
