-- What another derivation of the same conversations would change for readers.

CREATE OR REPLACE VIEW {database}.generation_diff AS
SELECT
    org_id,
    user_id,
    fact_id,
    multiIf(in_b = 0, 'only_a', in_a = 0, 'only_b', 'differs') AS difference,
    if(difference = 'differs', arrayFilter(
        (name, a, b) -> a != b,
        ['status', 'type', 'content', 'statement', 'about', 'confidence', 'provenance', 'visibility', 'evidence',
         'entities', 'occurred', 'expires_at', 'intervals', 'job_ids'],
        parts_a,
        parts_b), []) AS differs,
    content_a,
    content_b,
    status_a,
    status_b,
    model_a,
    model_b,
    prompt_version_a,
    prompt_version_b
FROM
(
    SELECT
        org_id,
        user_id,
        fact_id,
        countIf(generation = {a:UInt32}) AS in_a,
        countIf(generation = {b:UInt32}) AS in_b,
        anyIf(content, generation = {a:UInt32}) AS content_a,
        anyIf(content, generation = {b:UInt32}) AS content_b,
        anyIf(status, generation = {a:UInt32}) AS status_a,
        anyIf(status, generation = {b:UInt32}) AS status_b,
        anyIf(model, generation = {a:UInt32}) AS model_a,
        anyIf(model, generation = {b:UInt32}) AS model_b,
        anyIf(prompt_version, generation = {a:UInt32}) AS prompt_version_a,
        anyIf(prompt_version, generation = {b:UInt32}) AS prompt_version_b,
        anyIf(parts, generation = {a:UInt32}) AS parts_a,
        anyIf(parts, generation = {b:UInt32}) AS parts_b
    FROM
    (
        SELECT
            org_id,
            user_id,
            fact_id,
            generation,
            content,
            status,
            model,
            prompt_version,
            [
                toString(status),
                toString(type),
                content,
                toString((subject, predicate, object)),
                toString((about, asserted_by_role, asserted_by_name)),
                toString((confidence, confidence_basis)),
                toString(provenance),
                toString(visibility),
                toString((evidence, confirmations)),
                toString(entities),
                toString((occurred_start, occurred_end)),
                toString(expires_at),
                toString(intervals),
                toString(job_ids)
            ] AS parts
        FROM {database}_data.facts FINAL
        WHERE generation IN ({a:UInt32}, {b:UInt32})
    )
    GROUP BY org_id, user_id, fact_id
)
WHERE in_a = 0 OR in_b = 0 OR parts_a != parts_b
COMMENT 'The facts in which two generations differ: SELECT ... FROM generation_diff(a = 1, b = 2). Who extracted them alone is no difference.';
