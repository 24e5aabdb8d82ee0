-- Why each fact of one scope is believed: its quotes beside the whole turns they stand in, in the order they were said.
-- fact_id '' asks for all facts. A turn that is not there yet leaves its role, name and text empty.
SELECT
    proof.fact_id AS fact_id,
    proof.turn_id AS turn_id,
    proof.quote AS quote,
    proof.said_at AS said_at,
    turn.session_id AS session_id,
    turn.role AS role,
    turn.name AS name,
    turn.text AS text
FROM
(
    SELECT
        fact_id,
        said.turn_id AS turn_id,
        said.quote AS quote,
        said.said_at AS said_at
    FROM facts
    ARRAY JOIN evidence AS said
    WHERE org_id = {org_id:String}
        AND user_id = {user_id:String}
        AND ({fact_id:String} = '' OR fact_id = {fact_id:String})
) AS proof
LEFT JOIN
(
    SELECT turn_id, session_id, role, name, text
    FROM turns
    WHERE org_id = {org_id:String} AND user_id = {user_id:String}
) AS turn ON turn.turn_id = proof.turn_id
ORDER BY fact_id, said_at, turn_id
