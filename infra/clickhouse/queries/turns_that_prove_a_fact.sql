-- The turns a fact rests on, whole, with the words quoted of them.
SELECT turn.said_at AS said_at, turn.role AS role, turn.name AS name, proof.quote AS quote, turn.text AS text
FROM
(
    SELECT session_id, arrayJoin(evidence) AS proof
    FROM facts
    WHERE org_id = {org_id:String} AND user_id = {user_id:String} AND fact_id = {fact_id:String}
) AS fact
INNER JOIN turns AS turn ON turn.turn_id = fact.proof.turn_id
WHERE turn.org_id = {org_id:String} AND turn.user_id = {user_id:String}
ORDER BY said_at, turn.log_offset, turn.turn_index
