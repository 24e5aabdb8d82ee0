CREATE TABLE {database}_data.dead_letters
(
    `org_id` LowCardinality(String) COMMENT 'Empty, as user_id and session_id, where it could not be read.',
    `user_id` String,
    `source_topic` LowCardinality(String),
    `source_partition` UInt32,
    `source_offset` UInt64,
    `stage` LowCardinality(String),
    `subject` LowCardinality(String) COMMENT 'What was refused: submission, control, turns (conflicts) or window.',
    `attempt` UInt32,
    `code` LowCardinality(String),
    `message` String COMMENT 'Names fields and limits, never what they held.',
    `field` Nullable(String),
    `session_id` String,
    `job_id` Nullable(String),
    `turn_ids` Array(String),
    `retryable` Bool COMMENT 'Sending it again could help.',
    `sent_at` DateTime64(3, 'UTC') COMMENT 'Time of the original record.',
    `key` Nullable(String) COMMENT 'Bytes of the original key.',
    `value` String COMMENT 'The original bytes, or the first 64 KiB of a large one, or nothing where they are not to be kept.' CODEC(ZSTD(1)),
    `bytes` UInt64 COMMENT 'Length of the original value.',
    `sha256` String COMMENT 'Of the original value.',
    `kept` Bool COMMENT 'value is whole.',
    `headers` Array(Tuple(
        name String,
        value String)),
    `letter_partition` UInt32,
    `letter_offset` UInt64 COMMENT 'Place in the dead-letter topic.',
    `recorded_at` DateTime64(3, 'UTC'),
    `version` UInt64 COMMENT 'Offset in the dead-letter topic.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, source_topic, source_partition, source_offset, stage, subject, attempt)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per record that could not be processed. Ordered by scope, then by what it is: the original coordinate, the stage, what was refused and the attempt; a row that comes again replaces its twin.';

CREATE TABLE {database}_data.extractions
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `extraction_key` String,
    `generation` UInt32,
    `session_id` String,
    `window_id` String,
    `outcome` LowCardinality(String) COMMENT 'extracted or failed.',
    `reason` Nullable(String) COMMENT 'Why there are no candidates.',
    `candidates` UInt32,
    `dropped` Map(LowCardinality(String), UInt32) COMMENT 'Proposals dropped, by reason.',
    `options` String COMMENT 'JSON object: what all turns of the window agree on.',
    `jobs` Array(Tuple(
        job_id String,
        attempt UInt32,
        units UInt32,
        total UInt32,
        tokens UInt32,
        trace_id String)) COMMENT 'The jobs that share the window: their units here, in all, and their share of the cost.',
    `units` UInt32,
    `closed_by` LowCardinality(String),
    `closed_at` DateTime64(3, 'UTC'),
    `extractor` LowCardinality(String),
    `model` LowCardinality(String),
    `prompt_version` LowCardinality(String),
    `schema_version` UInt32,
    `tokens_in` UInt64,
    `tokens_out` UInt64,
    `tokens_cached` UInt64,
    `cost_micros` UInt64 COMMENT 'Millionths of a US dollar.',
    `latency_ms` UInt64,
    `attempts` UInt32 COMMENT 'Calls made for this answer.',
    `finish_reason` LowCardinality(Nullable(String)),
    `journal_hit` Bool COMMENT 'The answer was in the journal: nothing was paid.',
    `error` Nullable(String),
    `version` UInt64 COMMENT 'A call beats a journal hit; of two alike the earlier in the topic wins.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY generation
ORDER BY (org_id, user_id, extraction_key, window_id, generation)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per extraction, window and generation: a dry run and the real window of the same turns share their answer, and are two windows. An extractor that restarts may say its result again: the highest version is the first one, and never a journal hit where there was a call. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE {database}_data.facts
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `fact_id` String,
    `generation` UInt32,
    `revision` UInt64 COMMENT 'Counts the changes of this fact; the highest stands.',
    `change` LowCardinality(String) COMMENT 'What the latest revision did.',
    `status` LowCardinality(String),
    `session_id` String COMMENT 'Of the conversation that first taught it.',
    `type` LowCardinality(String),
    `title` String,
    `content` String CODEC(ZSTD(1)),
    `subject` Nullable(String),
    `predicate` LowCardinality(Nullable(String)),
    `object` Nullable(String),
    `about` String,
    `asserted_by_role` LowCardinality(String),
    `asserted_by_name` Nullable(String),
    `confidence` Float64,
    `confidence_basis` LowCardinality(String),
    `provenance` LowCardinality(String),
    `visibility` LowCardinality(String),
    `evidence` Array(Tuple(
        turn_id String,
        quote Nullable(String),
        said_at DateTime64(3, 'UTC'))),
    `entities` Array(Tuple(
        entity_id String,
        name String,
        type String)),
    `confirmations` UInt32 COMMENT 'Distinct turns that say it.',
    `occurred_start` Nullable(DateTime64(3, 'UTC')) COMMENT 'When what it tells happened, if that was said.',
    `occurred_end` Nullable(DateTime64(3, 'UTC')),
    `mentioned_at` DateTime64(3, 'UTC'),
    `recorded_at` DateTime64(3, 'UTC'),
    `expires_at` Nullable(DateTime64(3, 'UTC')),
    `superseded_by` Nullable(String),
    `intervals` Array(Tuple(
        valid_from DateTime64(3, 'UTC'),
        valid_to Nullable(DateTime64(3, 'UTC')),
        superseded_by Nullable(String))) COMMENT 'When it held, in order; without valid_to it still does.',
    `job_ids` Array(String),
    `window_id` String,
    `extraction_key` String,
    `extractor` LowCardinality(String),
    `model` LowCardinality(String),
    `prompt_version` LowCardinality(String),
    `schema_version` UInt32,
    INDEX by_fact fact_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY generation
ORDER BY (org_id, user_id, fact_id, generation)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per fact and generation, the latest revision. Ordered by scope, because facts are read a person at a time; a fact id is unique in its scope, and revisions are counted in the log, so a repeat or a late older revision vanishes. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE {database}_data.job_parts
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `job_id` String,
    `generation` UInt32,
    `attempt` UInt32,
    `part` Enum8('accepted' = 1, 'resubmitted' = 2, 'windows' = 3, 'resolved' = 4) COMMENT 'Which stage speaks of what.',
    `revision` UInt64,
    `session_id` String,
    `state` Enum8('accepted' = 1, 'buffered' = 2, 'deferred' = 3, 'processing' = 4, 'completed' = 5, 'completed_empty' = 6, 'completed_partial' = 7, 'failed' = 8, 'cancelled' = 9, 'skipped_duplicate' = 10, 'dead_lettered' = 11) COMMENT 'In their order: over the parts the highest stands.',
    `at` DateTime64(3, 'UTC') COMMENT 'Log time of the record that brought this state.',
    `reason` Nullable(String),
    `error` Nullable(String),
    `turns_in` UInt32,
    `turns_stored` UInt32,
    `turns_duplicate` UInt32,
    `turns_conflicting` UInt32,
    `turns_weak` UInt32,
    `trace_id` String,
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` LowCardinality(String),
    `tags` Array(LowCardinality(String)),
    `metadata` String COMMENT 'JSON object.',
    `options` String COMMENT 'JSON object; empty where the part does not tell.',
    `source_topic` LowCardinality(Nullable(String)),
    `source_partition` Nullable(UInt32),
    `source_offset` Nullable(UInt64),
    `sent_at` Nullable(DateTime64(3, 'UTC')),
    `resubmissions` UInt32,
    `windows` UInt32,
    `buffered_at` Nullable(DateTime64(3, 'UTC')),
    `processing_at` Nullable(DateTime64(3, 'UTC')),
    `windows_done` UInt32,
    `windows_failed` UInt32,
    `facts_created` UInt32,
    `facts_reconfirmed` UInt32,
    `facts_superseded` UInt32,
    `dropped` Map(LowCardinality(String), UInt32),
    `model_attempts` UInt32,
    `tokens_in` UInt64,
    `tokens_out` UInt64,
    `tokens_cached` UInt64,
    `cost_micros` UInt64 COMMENT 'Millionths of a US dollar.',
    `extractor` LowCardinality(String),
    `model` LowCardinality(String),
    `prompt_version` LowCardinality(String),
    `first_error` Nullable(String),
    `last_error` Nullable(String),
    `candidates` String COMMENT 'JSON array: what a dry run would have kept; empty otherwise.',
    INDEX by_job job_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY generation
ORDER BY (org_id, user_id, job_id, generation, attempt, part)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'What each stage last said about an attempt of a job. Ordered by scope and job, because a job is read with all its parts; revisions are counted in the log, so a repeat or a late older revision vanishes. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE {database}_data.live_generation
(
    `id` UInt8 DEFAULT 1 COMMENT 'Always 1.',
    `generation` UInt32,
    `flip` UInt64 COMMENT 'Counts the changes; the highest stands.'
)
ENGINE = ReplacingMergeTree(flip)
ORDER BY id
SETTINGS index_granularity = 8192
COMMENT 'One row. All rows share the key, so the one with the highest flip replaces the others.';

CREATE TABLE {database}_data.schema_migrations
(
    `name` String COMMENT 'File name of the migration.',
    `hash_key_fingerprint` String COMMENT 'Names the key that all identifiers here were made with.',
    `checksum` String COMMENT 'SHA-256 of the migration as it was applied.'
)
ENGINE = ReplacingMergeTree
ORDER BY (name, hash_key_fingerprint)
SETTINGS index_granularity = 8192
COMMENT 'What was applied, and under which hash key. Two runners write equal rows, which become one; a second fingerprint stays visible beside the first, so that it is noticed.';

CREATE TABLE {database}_data.submissions
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `source_topic` LowCardinality(String),
    `source_partition` UInt32,
    `source_offset` UInt64 COMMENT 'With topic and partition: where the publisher\'s record lay first.',
    `sent_at` DateTime64(3, 'UTC') COMMENT 'Time of the publisher\'s record.',
    `kind` LowCardinality(String) COMMENT 'submission, resubmission, session_ended or flush.',
    `session_id` String,
    `job_id` Nullable(String),
    `attempt` UInt32,
    `turns_in` UInt32,
    `turns_stored` UInt32,
    `turns_duplicate` UInt32,
    `turns_conflicting` UInt32,
    `turns_weak` UInt32 COMMENT 'Turns without event id and time.',
    `resubmissions` UInt32 COMMENT 'How often the job came again, this one included.',
    `outcome` LowCardinality(Nullable(String)) COMMENT 'Where nothing was to be extracted: how the job ended.',
    `reason` Nullable(String),
    `options` String COMMENT 'JSON object, every default filled in; empty where there are none.',
    `context` Nullable(String),
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` LowCardinality(String),
    `tags` Array(LowCardinality(String)),
    `metadata` String COMMENT 'JSON object.',
    `entities` Array(Tuple(
        text String,
        type Nullable(String))),
    `trace_id` String,
    `headers` Map(LowCardinality(String), String),
    `redactions` Map(LowCardinality(String), UInt32) COMMENT 'Secrets replaced, by kind.',
    `unknown_fields` UInt32,
    `rekeyed` Bool COMMENT 'It lay on another partition than its scope\'s.',
    `log_partition` UInt32,
    `log_offset` UInt64,
    `recorded_at` DateTime64(3, 'UTC'),
    `version` UInt64 COMMENT 'Log offset of the record that wrote this row.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, source_topic, source_partition, source_offset)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per record of a publisher that was accepted. Ordered by scope, then by the record\'s first coordinate, which is its identity: a row that comes again replaces its twin.';

CREATE TABLE {database}_data.turns
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `session_id` String,
    `turn_id` String,
    `role` LowCardinality(String),
    `name` Nullable(String),
    `text` String CODEC(ZSTD(1)),
    `said_at` DateTime64(3, 'UTC'),
    `time_is_arrival` Bool COMMENT 'The publisher gave no time: said_at is when the record was sent.',
    `event_id` Nullable(String),
    `observations` Array(Tuple(
        content String,
        type Nullable(String),
        confidence Nullable(Float64),
        occurred_at Nullable(DateTime64(3, 'UTC')))),
    `job_id` String,
    `attempt` UInt32,
    `write_active` Bool COMMENT 'Readable before its facts are there.',
    `write_passive` Bool COMMENT 'Facts were asked for.',
    `to_extract` Bool COMMENT 'Facts were asked for, and the turn is not blank.',
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` LowCardinality(String),
    `tags` Array(LowCardinality(String)),
    `metadata` String COMMENT 'JSON object.',
    `trace_id` String,
    `headers` Map(LowCardinality(String), String),
    `log_partition` UInt32,
    `log_offset` UInt64 COMMENT 'Place of its submission in the conversation log.',
    `turn_index` UInt32 COMMENT 'Place in its submission.',
    `recorded_at` DateTime64(3, 'UTC') COMMENT 'When the conversation log took it.',
    `version` UInt64 COMMENT 'Log offset of the record that wrote this row.'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, session_id, turn_id)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per turn. Ordered by scope and conversation, because that is how turns are read; a turn id is unique in its conversation, so a row that comes again replaces its twin.';

CREATE TABLE {database}_data.windows_resolved
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `session_id` String,
    `window_id` String,
    `extraction_key` String,
    `generation` UInt32,
    `facts_created` UInt32,
    `facts_reconfirmed` UInt32,
    `facts_superseded` UInt32,
    `recorded_at` DateTime64(3, 'UTC'),
    `version` UInt64 COMMENT 'Offset in the facts topic.'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY generation
ORDER BY (org_id, user_id, session_id, window_id, extraction_key, generation)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per window whose facts all stand in the table facts: the sink inserts those first. A row that comes again is the same record and replaces its twin.';

CREATE VIEW {database}.cost_by_scope_day
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `day` Date,
    `model` LowCardinality(String),
    `extractions` UInt64,
    `calls` UInt64,
    `tokens_in` UInt64,
    `tokens_out` UInt64,
    `tokens_cached` UInt64,
    `cost_usd` Float64
)
COMMENT 'What extraction cost, by scope, day (UTC) and model. Journal hits cost nothing.'
AS SELECT
    org_id,
    user_id,
    toDate(closed_at, 'UTC') AS day,
    model,
    count() AS extractions,
    countIf(NOT journal_hit) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    sum(tokens_cached) AS tokens_cached,
    sumIf(cost_micros, NOT journal_hit) / 1000000 AS cost_usd
FROM {database}_data.extractions
FINAL
WHERE generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
)
GROUP BY
    org_id,
    user_id,
    day,
    model;

CREATE VIEW {database}.dead_letters
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `source_topic` LowCardinality(String),
    `source_partition` UInt32,
    `source_offset` UInt64,
    `stage` LowCardinality(String),
    `subject` LowCardinality(String),
    `attempt` UInt32,
    `code` LowCardinality(String),
    `message` String,
    `field` Nullable(String),
    `session_id` String,
    `job_id` Nullable(String),
    `turn_ids` Array(String),
    `retryable` Bool,
    `sent_at` DateTime64(3, 'UTC'),
    `key` Nullable(String),
    `value` String,
    `bytes` UInt64,
    `sha256` String,
    `kept` Bool,
    `headers` Array(Tuple(
        name String,
        value String)),
    `letter_partition` UInt32,
    `letter_offset` UInt64,
    `recorded_at` DateTime64(3, 'UTC')
)
COMMENT 'One row per record that could not be processed, with its reason and the original bytes.'
AS SELECT * EXCEPT version
FROM {database}_data.dead_letters
FINAL;

CREATE VIEW {database}.entities
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `entity_id` String,
    `name` String,
    `type` String,
    `facts` UInt64,
    `facts_active` UInt64,
    `first_mentioned_at` DateTime64(3, 'UTC'),
    `last_mentioned_at` DateTime64(3, 'UTC')
)
COMMENT 'One row per entity of a scope: the name and type of its latest mention, and how many facts name it.'
AS SELECT
    org_id,
    user_id,
    entity.entity_id AS entity_id,
    argMax(entity.name, (mentioned_at, fact_id)) AS name,
    argMax(entity.type, (mentioned_at, fact_id)) AS type,
    uniqExact(fact_id) AS facts,
    uniqExactIf(fact_id, status = 'active') AS facts_active,
    min(mentioned_at) AS first_mentioned_at,
    max(mentioned_at) AS last_mentioned_at
FROM {database}_data.facts
FINAL
ARRAY JOIN entities AS entity
WHERE generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
)
GROUP BY
    org_id,
    user_id,
    entity_id;

CREATE VIEW {database}.extractions
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `extraction_key` String,
    `session_id` String,
    `window_id` String,
    `outcome` LowCardinality(String),
    `reason` Nullable(String),
    `candidates` UInt32,
    `dropped` Map(LowCardinality(String), UInt32),
    `options` String,
    `jobs` Array(Tuple(
        job_id String,
        attempt UInt32,
        units UInt32,
        total UInt32,
        tokens UInt32,
        trace_id String)),
    `units` UInt32,
    `closed_by` LowCardinality(String),
    `closed_at` DateTime64(3, 'UTC'),
    `extractor` LowCardinality(String),
    `model` LowCardinality(String),
    `prompt_version` LowCardinality(String),
    `schema_version` UInt32,
    `tokens_in` UInt64,
    `tokens_out` UInt64,
    `tokens_cached` UInt64,
    `cost_micros` UInt64,
    `latency_ms` UInt64,
    `attempts` UInt32,
    `finish_reason` LowCardinality(Nullable(String)),
    `journal_hit` Bool,
    `error` Nullable(String),
    `cost_usd` Float64
)
COMMENT 'One row per extraction of the live generation: tokens, cost, latency, and whether the journal had the answer.'
AS SELECT
    * EXCEPT (generation, version),
    cost_micros / 1000000 AS cost_usd
FROM {database}_data.extractions
FINAL
WHERE generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
);

CREATE VIEW {database}.facts
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `fact_id` String,
    `revision` UInt64,
    `change` LowCardinality(String),
    `status` LowCardinality(String),
    `session_id` String,
    `type` LowCardinality(String),
    `title` String,
    `content` String,
    `subject` Nullable(String),
    `predicate` LowCardinality(Nullable(String)),
    `object` Nullable(String),
    `about` String,
    `asserted_by_role` LowCardinality(String),
    `asserted_by_name` Nullable(String),
    `confidence` Float64,
    `confidence_basis` LowCardinality(String),
    `provenance` LowCardinality(String),
    `visibility` LowCardinality(String),
    `evidence` Array(Tuple(
        turn_id String,
        quote Nullable(String),
        said_at DateTime64(3, 'UTC'))),
    `entities` Array(Tuple(
        entity_id String,
        name String,
        type String)),
    `confirmations` UInt32,
    `occurred_start` Nullable(DateTime64(3, 'UTC')),
    `occurred_end` Nullable(DateTime64(3, 'UTC')),
    `mentioned_at` DateTime64(3, 'UTC'),
    `recorded_at` DateTime64(3, 'UTC'),
    `expires_at` Nullable(DateTime64(3, 'UTC')),
    `superseded_by` Nullable(String),
    `job_ids` Array(String),
    `window_id` String,
    `extraction_key` String,
    `extractor` LowCardinality(String),
    `model` LowCardinality(String),
    `prompt_version` LowCardinality(String),
    `schema_version` UInt32,
    `valid_from` DateTime64(3, 'UTC'),
    `valid_to` Nullable(DateTime64(3, 'UTC'))
)
COMMENT 'One row per fact of the live generation, whatever its status: status = \'active\' holds now. valid_from and valid_to are those of its latest interval.'
AS SELECT
    * EXCEPT (generation, intervals),
    tupleElement(intervals[-1], 'valid_from') AS valid_from,
    tupleElement(intervals[-1], 'valid_to') AS valid_to
FROM {database}_data.facts
FINAL
WHERE generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
);

CREATE VIEW {database}.facts_as_of
COMMENT 'What held at a time: SELECT ... FROM facts_as_of(t = \'2026-01-01 00:00:00\') WHERE org_id = ... AND user_id = ...'
AS SELECT
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
    interval.valid_from AS valid_from,
    interval.valid_to AS valid_to,
    interval.superseded_by AS superseded_by
FROM {database}_data.facts
FINAL
ARRAY JOIN intervals AS interval
WHERE (generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
)) AND (status NOT IN ('retracted', 'erased')) AND (valid_from <= {t:DateTime64(3, 'UTC')}) AND ((valid_to IS NULL) OR (valid_to > {t:DateTime64(3, 'UTC')}));

CREATE VIEW {database}.facts_history
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `fact_id` String,
    `type` LowCardinality(String),
    `title` String,
    `content` String,
    `subject` Nullable(String),
    `predicate` LowCardinality(Nullable(String)),
    `object` Nullable(String),
    `about` String,
    `visibility` LowCardinality(String),
    `valid_from` DateTime64(3, 'UTC'),
    `valid_to` Nullable(DateTime64(3, 'UTC')),
    `superseded_by` Nullable(String),
    `status` LowCardinality(String)
)
COMMENT 'One row per interval in which a fact held: Berlin, Oslo, Berlin again is one fact with two intervals, and another with one. status is the fact\'s of today.'
AS SELECT
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
    interval.valid_from AS valid_from,
    interval.valid_to AS valid_to,
    interval.superseded_by AS superseded_by,
    status
FROM {database}_data.facts
FINAL
ARRAY JOIN intervals AS interval
WHERE generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
);

CREATE VIEW {database}.generations
(
    `generation` UInt32,
    `live` Bool,
    `facts_topic` String,
    `jobs_topic` String,
    `windows` UInt64,
    `facts` UInt64
)
COMMENT 'One row per generation that has rows, and the live one: its topics, the windows resolved and the facts it holds.'
AS SELECT
    generation,
    CAST((generation IN (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )), 'Bool') AS live,
    concat('facts.g', toString(generation)) AS facts_topic,
    concat('jobs.g', toString(generation)) AS jobs_topic,
    sum(windows) AS windows,
    sum(facts) AS facts
FROM
(
    SELECT
        generation,
        0 AS windows,
        0 AS facts
    FROM {database}_data.live_generation
    FINAL
    UNION ALL
    SELECT
        generation,
        count() AS windows,
        0 AS facts
    FROM {database}_data.windows_resolved
    FINAL
    GROUP BY generation
    UNION ALL
    SELECT
        generation,
        0 AS windows,
        count() AS facts
    FROM {database}_data.facts
    FINAL
    GROUP BY generation
)
GROUP BY generation;

CREATE VIEW {database}.jobs
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `job_id` String,
    `session_id` String,
    `attempt` UInt32,
    `state` Enum8('accepted' = 1, 'buffered' = 2, 'deferred' = 3, 'processing' = 4, 'completed' = 5, 'completed_empty' = 6, 'completed_partial' = 7, 'failed' = 8, 'cancelled' = 9, 'skipped_duplicate' = 10, 'dead_lettered' = 11),
    `reason` Nullable(String),
    `error` Nullable(String),
    `accepted_at` Nullable(DateTime64(3, 'UTC')),
    `buffered_at` Nullable(DateTime64(3, 'UTC')),
    `processing_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `turns_in` UInt32,
    `turns_stored` UInt32,
    `turns_duplicate` UInt32,
    `turns_conflicting` UInt32,
    `turns_weak` UInt32,
    `resubmissions` UInt32,
    `windows` UInt32,
    `windows_done` UInt32,
    `windows_failed` UInt32,
    `facts_created` UInt32,
    `facts_reconfirmed` UInt32,
    `facts_superseded` UInt32,
    `dropped` Map(String, UInt32),
    `model_attempts` UInt32,
    `tokens_in` UInt64,
    `tokens_out` UInt64,
    `tokens_cached` UInt64,
    `cost_micros` UInt64,
    `cost_usd` Float64,
    `extractor` String,
    `model` String,
    `prompt_version` String,
    `first_error` Nullable(String),
    `last_error` Nullable(String),
    `candidates` String,
    `trace_id` String,
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` String,
    `tags` Array(String),
    `metadata` String,
    `options` String,
    `source_topic` Nullable(String),
    `source_partition` Nullable(UInt32),
    `source_offset` Nullable(UInt64),
    `sent_at` Nullable(DateTime64(3, 'UTC'))
)
COMMENT 'One row per job of the live generation: its last attempt, the highest state, and each number from the stage that owns it.'
AS SELECT
    org_id,
    user_id,
    job_id,
    any(part.session_id) AS session_id,
    attempt,
    max(part.state) AS state,
    (argMax((part.reason, part.error), (part.state, part.part))).1 AS reason,
    (argMax((part.reason, part.error), (part.state, part.part))).2 AS error,
    minOrNullIf(part.at, part.part = 'accepted') AS accepted_at,
    max(part.buffered_at) AS buffered_at,
    max(part.processing_at) AS processing_at,
    minOrNullIf(part.at, part.state >= 'completed') AS ended_at,
    max(part.turns_in) AS turns_in,
    max(part.turns_stored) AS turns_stored,
    max(part.turns_duplicate) AS turns_duplicate,
    max(part.turns_conflicting) AS turns_conflicting,
    max(part.turns_weak) AS turns_weak,
    max(part.resubmissions) AS resubmissions,
    max(part.windows) AS windows,
    max(part.windows_done) AS windows_done,
    max(part.windows_failed) AS windows_failed,
    max(part.facts_created) AS facts_created,
    max(part.facts_reconfirmed) AS facts_reconfirmed,
    max(part.facts_superseded) AS facts_superseded,
    anyIf(part.dropped, part.part = 'resolved') AS dropped,
    max(part.model_attempts) AS model_attempts,
    max(part.tokens_in) AS tokens_in,
    max(part.tokens_out) AS tokens_out,
    max(part.tokens_cached) AS tokens_cached,
    max(part.cost_micros) AS cost_micros,
    cost_micros / 1000000 AS cost_usd,
    max(part.extractor) AS extractor,
    max(part.model) AS model,
    max(part.prompt_version) AS prompt_version,
    max(part.first_error) AS first_error,
    max(part.last_error) AS last_error,
    max(part.candidates) AS candidates,
    max(part.trace_id) AS trace_id,
    max(part.title) AS title,
    max(part.document_id) AS document_id,
    max(part.collection_id) AS collection_id,
    anyIf(part.visibility, part.part = 'accepted') AS visibility,
    anyIf(part.tags, part.part = 'accepted') AS tags,
    anyIf(part.metadata, part.part = 'accepted') AS metadata,
    max(part.options) AS options,
    max(part.source_topic) AS source_topic,
    max(part.source_partition) AS source_partition,
    max(part.source_offset) AS source_offset,
    max(part.sent_at) AS sent_at
FROM
(
    SELECT
        *,
        max(attempt) OVER (PARTITION BY org_id, user_id, job_id) AS last_attempt
    FROM {database}_data.job_parts
    FINAL
    WHERE generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )
) AS part
WHERE attempt = last_attempt
GROUP BY
    org_id,
    user_id,
    job_id,
    attempt;

CREATE VIEW {database}.jobs_stuck
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `job_id` String,
    `session_id` String,
    `state` Enum8('accepted' = 1, 'buffered' = 2, 'deferred' = 3, 'processing' = 4, 'completed' = 5, 'completed_empty' = 6, 'completed_partial' = 7, 'failed' = 8, 'cancelled' = 9, 'skipped_duplicate' = 10, 'dead_lettered' = 11),
    `held_by` String,
    `since` Nullable(DateTime64(3, 'UTC')),
    `windows` UInt32,
    `windows_done` UInt32,
    `trace_id` String
)
COMMENT 'Jobs that have not ended for more than twice the greatest age of a window (1,800 s) and the longest extraction (60 s), and what holds them.'
AS SELECT
    org_id,
    user_id,
    job_id,
    session_id,
    state,
    multiIf(state = 'deferred', 'budget', state = 'processing', 'extract', 'window') AS held_by,
    greatest(accepted_at, buffered_at, processing_at) AS since,
    windows,
    windows_done,
    trace_id
FROM {database}.jobs
WHERE (state < 'completed') AND (since < (now() - toIntervalSecond(3720)));

CREATE VIEW {database}.memory_now
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `session_id` String,
    `kind` String,
    `id` String,
    `type` LowCardinality(String),
    `about` String,
    `content` String,
    `mentioned_at` DateTime64(3, 'UTC'),
    `pending` Bool
)
COMMENT 'What is known now: active facts, and as pending the turns that are not understood yet.'
AS SELECT
    org_id,
    user_id,
    session_id,
    'fact' AS kind,
    fact_id AS id,
    type,
    about,
    content,
    mentioned_at,
    false AS pending
FROM {database}_data.facts
FINAL
WHERE (generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
)) AND (status = 'active') AND ((expires_at IS NULL) OR (expires_at > now()))
UNION ALL
SELECT
    turn.org_id AS org_id,
    turn.user_id AS user_id,
    turn.session_id AS session_id,
    'turn' AS kind,
    turn.turn_id AS id,
    turn.role AS type,
    ifNull(turn.name, '') AS about,
    turn.text AS content,
    turn.said_at AS mentioned_at,
    true AS pending
FROM
(
    SELECT
        org_id,
        user_id,
        session_id,
        turn_id,
        role,
        name,
        text,
        said_at,
        job_id,
        attempt
    FROM {database}_data.turns
    FINAL
    WHERE write_active AND to_extract
) AS turn
LEFT JOIN
(
    SELECT
        org_id,
        user_id,
        job_id,
        attempt,
        sum(units_of_window) AS units,
        max(total_of_job) AS total
    FROM
    (
        SELECT
            org_id,
            user_id,
            window_id,
            share.job_id AS job_id,
            share.attempt AS attempt,
            max(share.units) AS units_of_window,
            max(share.total) AS total_of_job
        FROM
        (
            SELECT
                org_id,
                user_id,
                window_id,
                extraction_key,
                jobs
            FROM {database}_data.extractions
            FINAL
            WHERE generation = (
                SELECT generation
                FROM {database}_data.live_generation
                FINAL
            )
        ) AS extraction
        INNER JOIN
        (
            SELECT
                org_id,
                user_id,
                window_id,
                extraction_key
            FROM {database}_data.windows_resolved
            FINAL
            WHERE generation = (
                SELECT generation
                FROM {database}_data.live_generation
                FINAL
            )
        ) AS resolved ON (resolved.org_id = extraction.org_id) AND (resolved.user_id = extraction.user_id) AND (resolved.window_id = extraction.window_id) AND (resolved.extraction_key = extraction.extraction_key)
        ARRAY JOIN jobs AS share
        GROUP BY
            org_id,
            user_id,
            window_id,
            job_id,
            attempt
    )
    GROUP BY
        org_id,
        user_id,
        job_id,
        attempt
) AS done ON (done.org_id = turn.org_id) AND (done.user_id = turn.user_id) AND (done.job_id = turn.job_id) AND (done.attempt = turn.attempt)
WHERE (done.total = 0) OR (done.units < done.total);

CREATE VIEW {database}.submissions
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `source_topic` LowCardinality(String),
    `source_partition` UInt32,
    `source_offset` UInt64,
    `sent_at` DateTime64(3, 'UTC'),
    `kind` LowCardinality(String),
    `session_id` String,
    `job_id` Nullable(String),
    `attempt` UInt32,
    `turns_in` UInt32,
    `turns_stored` UInt32,
    `turns_duplicate` UInt32,
    `turns_conflicting` UInt32,
    `turns_weak` UInt32,
    `resubmissions` UInt32,
    `outcome` LowCardinality(Nullable(String)),
    `reason` Nullable(String),
    `options` String,
    `context` Nullable(String),
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` LowCardinality(String),
    `tags` Array(LowCardinality(String)),
    `metadata` String,
    `entities` Array(Tuple(
        text String,
        type Nullable(String))),
    `trace_id` String,
    `headers` Map(LowCardinality(String), String),
    `redactions` Map(LowCardinality(String), UInt32),
    `unknown_fields` UInt32,
    `rekeyed` Bool,
    `log_partition` UInt32,
    `log_offset` UInt64,
    `recorded_at` DateTime64(3, 'UTC')
)
COMMENT 'One row per accepted record of a publisher: submissions, resubmissions and control records.'
AS SELECT * EXCEPT version
FROM {database}_data.submissions
FINAL;

CREATE VIEW {database}.turns
(
    `org_id` LowCardinality(String),
    `user_id` String,
    `session_id` String,
    `turn_id` String,
    `role` LowCardinality(String),
    `name` Nullable(String),
    `text` String,
    `said_at` DateTime64(3, 'UTC'),
    `time_is_arrival` Bool,
    `event_id` Nullable(String),
    `observations` Array(Tuple(
        content String,
        type Nullable(String),
        confidence Nullable(Float64),
        occurred_at Nullable(DateTime64(3, 'UTC')))),
    `job_id` String,
    `attempt` UInt32,
    `write_active` Bool,
    `write_passive` Bool,
    `to_extract` Bool,
    `title` Nullable(String),
    `document_id` Nullable(String),
    `collection_id` Nullable(String),
    `visibility` LowCardinality(String),
    `tags` Array(LowCardinality(String)),
    `metadata` String,
    `trace_id` String,
    `headers` Map(LowCardinality(String), String),
    `log_partition` UInt32,
    `log_offset` UInt64,
    `turn_index` UInt32,
    `recorded_at` DateTime64(3, 'UTC')
)
COMMENT 'One row per turn. In a scope, log_offset and turn_index give the order of arrival.'
AS SELECT
    org_id,
    user_id,
    session_id,
    turn_id,
    role,
    name,
    text,
    said_at,
    time_is_arrival,
    event_id,
    observations,
    job_id,
    attempt,
    write_active,
    write_passive,
    to_extract,
    title,
    document_id,
    collection_id,
    visibility,
    tags,
    metadata,
    trace_id,
    headers,
    log_partition,
    log_offset,
    turn_index,
    recorded_at
FROM {database}_data.turns
FINAL;
