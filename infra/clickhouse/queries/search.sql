-- Facts and turns that hold a text, in any language and case; % and _ are letters like others.
SELECT user_id, kind, content, at
FROM
(
    SELECT user_id, 'fact' AS kind, content, mentioned_at AS at
    FROM facts_search(q = {q:String})
    WHERE org_id = {org_id:String}
    UNION ALL
    SELECT user_id, 'turn' AS kind, text AS content, said_at AS at
    FROM turns_search(q = {q:String})
    WHERE org_id = {org_id:String}
)
ORDER BY at DESC, user_id, kind, content
LIMIT {limit:UInt32}
