-- Names with what else they are called, and what held at a time with what proves it.

CREATE OR REPLACE VIEW {database}.entities AS
SELECT
    org_id,
    user_id,
    entity.entity_id AS entity_id,
    argMax(entity.name, (mentioned_at, fact_id)) AS name,
    argMax(entity.type, (mentioned_at, fact_id)) AS type,
    arraySort(groupUniqArrayIf(assumeNotNull(entity.said_as), entity.said_as IS NOT NULL)) AS aliases,
    uniqExact(fact_id) AS facts,
    uniqExactIf(fact_id, status = 'active') AS facts_active,
    min(mentioned_at) AS first_mentioned_at,
    max(mentioned_at) AS last_mentioned_at
FROM {database}_data.facts FINAL
ARRAY JOIN entities AS entity
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
GROUP BY org_id, user_id, entity_id
COMMENT 'One row per entity of a scope: its name and type, what else it was called in facts, and how many facts name it.';

CREATE OR REPLACE VIEW {database}.facts_as_of AS
SELECT
    org_id,
    user_id,
    fact_id,
    type,
    title,
    content,
    subject,
    predicate,
    object,
    about,
    visibility,
    confidence,
    evidence,
    arrayMin(evidence.said_at) AS first_said_at,
    interval.valid_from AS valid_from,
    interval.valid_to AS valid_to,
    interval.superseded_by AS superseded_by
FROM {database}_data.facts FINAL
ARRAY JOIN intervals AS interval
WHERE generation = (SELECT generation FROM {database}_data.live_generation FINAL)
    AND status NOT IN ('retracted', 'erased')
    AND valid_from <= {t:DateTime64(3, 'UTC')}
    AND (valid_to IS NULL OR valid_to > {t:DateTime64(3, 'UTC')})
    AND (expires_at IS NULL OR expires_at > {t:DateTime64(3, 'UTC')})
COMMENT 'What held at a time, as it is known today: SELECT ... FROM facts_as_of(t = ''2026-01-01 00:00:00'') WHERE org_id = ... AND user_id = ... What was known by then: AND first_said_at <= the same time.';
