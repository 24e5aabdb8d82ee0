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
    `generation` Nullable(UInt32) COMMENT 'Of the window; null where what was refused has none.',
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
    `job_headers` Map(String, Map(LowCardinality(String), String)) COMMENT 'By job id: the headers of its submission beside the trace id, where there are any.',
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
        type String,
        said_as Nullable(String))),
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
    `trace_ids` Array(String) COMMENT 'Of the submissions that led to the latest revision.',
    `headers` Map(LowCardinality(String), String) COMMENT 'Of the last of these submissions, beside the trace id.',
    INDEX by_fact fact_id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX content_threes replaceRegexpAll(normalizeUTF8NFKCCasefold(content), 'i̇|ı', 'i') TYPE text(tokenizer = ngrams(3)) GRANULARITY 100000000,
    INDEX content_signs replaceRegexpAll(normalizeUTF8NFKCCasefold(content), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') TYPE text(tokenizer = ngrams(2)) GRANULARITY 100000000
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY generation
ORDER BY (org_id, user_id, fact_id, generation)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 10737418240
COMMENT 'One row per fact and generation, the latest revision. Ordered by scope, because facts are read a person at a time; a fact id is unique in its scope, and revisions are counted in the log, so a repeat or a late older revision vanishes. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE {database}_data.generations_dropped
(
    `generation` UInt32
)
ENGINE = ReplacingMergeTree
ORDER BY generation
SETTINGS index_granularity = 8192
COMMENT 'The numbers of dropped generations. One that comes again replaces its twin.';

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
    `headers` Map(LowCardinality(String), String) COMMENT 'Of the submission, beside the trace id.',
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
    `required` Nullable(Int64) COMMENT 'While it is deferred for its budget: what a call may cost, in millionths of a US dollar.',
    `available` Nullable(Int64) COMMENT 'What the scope has left today.',
    `shortfall` Nullable(Int64) COMMENT 'What is missing.',
    INDEX by_job_id job_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY generation
ORDER BY (org_id, user_id, job_id, generation, attempt, part)
SETTINGS index_granularity = 2048, min_bytes_for_wide_part = 10737418240
COMMENT 'What each stage last said about an attempt of a job. Ordered by scope and job, because a job is read with all its parts; revisions are counted in the log, so a repeat or a late older revision vanishes. The generation is in the key so that FINAL keeps generations apart.';

CREATE TABLE {database}_data.limits
(
    `id` UInt8 DEFAULT 1 COMMENT 'Always 1.',
    `window_age_s` UInt32 COMMENT 'Greatest age of a window.',
    `extraction_s` UInt32 COMMENT 'Longest extraction, all its attempts included.'
)
ENGINE = ReplacingMergeTree
ORDER BY id
SETTINGS index_granularity = 8192
COMMENT 'One row. All rows share the key, so the one inserted last replaces the others.';

CREATE TABLE {database}_data.live_generation
(
    `id` UInt8 DEFAULT 1 COMMENT 'Always 1.',
    `generation` UInt32,
    `flip` UInt64 COMMENT 'Counts the changes; the highest stands.',
    `before` Array(UInt32) COMMENT 'The generations that were live before this one, the last one last.'
)
ENGINE = ReplacingMergeTree(flip)
ORDER BY id
SETTINGS index_granularity = 8192
COMMENT 'One row. All rows share the key, so the one with the highest flip replaces the others.';

CREATE TABLE {database}_data.positions
(
    `topic` LowCardinality(String),
    `partition` UInt32,
    `position` UInt64 COMMENT 'The rows of all records before this offset are there.',
    `appended_at` DateTime64(3, 'UTC') COMMENT 'Time of the last of these records, as its topic keeps it.'
)
ENGINE = ReplacingMergeTree(position)
ORDER BY (topic, partition)
SETTINGS index_granularity = 8192
COMMENT 'One row per partition the sink reads. The highest position stands: what comes again is not ahead of it.';

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
    `version` UInt64 COMMENT 'Log offset of the record that wrote this row.',
    INDEX text_threes replaceRegexpAll(normalizeUTF8NFKCCasefold(text), 'i̇|ı', 'i') TYPE text(tokenizer = ngrams(3)) GRANULARITY 100000000,
    INDEX text_signs replaceRegexpAll(normalizeUTF8NFKCCasefold(text), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') TYPE text(tokenizer = ngrams(2)) GRANULARITY 100000000
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (org_id, user_id, session_id, turn_id)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 10737418240
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
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `day` Date COMMENT 'The day (UTC) on which the log took the record that closed the window.',
    `model` LowCardinality(String) COMMENT 'The model that extracted.',
    `extractions` UInt64 COMMENT 'Windows extracted.',
    `calls` UInt64 COMMENT 'Extractions that asked the extractor; the others came from the journal.',
    `tokens_in` UInt64 COMMENT 'Tokens read by the model.',
    `tokens_out` UInt64 COMMENT 'Tokens written by the model.',
    `tokens_cached` UInt64 COMMENT 'Tokens read that the provider had in its cache.',
    `cost_usd` Float64 COMMENT 'US dollars. What the journal answers costs nothing.'
)
COMMENT 'What extraction cost, by scope, day (UTC) and model: extractions of the live generation, and what all generations have asked and paid. Journal hits cost nothing.'
AS SELECT
    org_id,
    user_id,
    toDate(closed_at, 'UTC') AS day,
    model,
    countIf(generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )) AS extractions,
    countIf((NOT journal_hit) AND (attempts > 0)) AS calls,
    sum(tokens_in) AS tokens_in,
    sum(tokens_out) AS tokens_out,
    sum(tokens_cached) AS tokens_cached,
    sumIf(cost_micros, NOT journal_hit) / 1000000 AS cost_usd
FROM {database}_data.extractions
FINAL
GROUP BY
    org_id,
    user_id,
    day,
    model;

CREATE VIEW {database}.dead_letters
(
    `org_id` LowCardinality(String) COMMENT 'The organisation; empty, as user_id and session_id, where it could not be read.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `source_topic` LowCardinality(String) COMMENT 'Topic of the publisher\'s record, where it lay first.',
    `source_partition` UInt32 COMMENT 'Partition of the publisher\'s record, where it lay first.',
    `source_offset` UInt64 COMMENT 'Offset of the publisher\'s record, where it lay first.',
    `stage` LowCardinality(String) COMMENT 'The stage that refused it.',
    `subject` LowCardinality(String) COMMENT 'What was refused: submission, control, turns (conflicts) or window.',
    `attempt` UInt32 COMMENT 'Attempts made when it was given up.',
    `code` LowCardinality(String) COMMENT 'Why it was refused: MALFORMED, VALIDATION_ERROR, TOO_LARGE, IDEMPOTENCY_CONFLICT, TURN_CONFLICT, POLICY_DENY or EXTRACTION_FAILED.',
    `message` String COMMENT 'What is wrong. Names fields and limits, never what they held.',
    `field` Nullable(String) COMMENT 'Path of the field that is wrong, as turns.3.role.',
    `session_id` String COMMENT 'The conversation.',
    `job_id` Nullable(String) COMMENT 'The job it belongs to, where one could be read.',
    `turn_ids` Array(String) COMMENT 'The turns it is about.',
    `retryable` Bool COMMENT 'Whether the same may succeed later: of a window, asked by another generation.',
    `sent_at` DateTime64(3, 'UTC') COMMENT 'Time of the publisher\'s record.',
    `key` Nullable(String) COMMENT 'Bytes of the original key.',
    `value` String COMMENT 'The original bytes; the first 64 KiB of a very long record, and empty where bytes are not to be kept.',
    `bytes` UInt64 COMMENT 'Length of the original value.',
    `sha256` String COMMENT 'Of the original value.',
    `kept` Bool COMMENT 'Whether value is whole.',
    `headers` Array(Tuple(
        name String,
        value String)) COMMENT 'The headers of the original record.',
    `letter_partition` UInt32 COMMENT 'Its partition of the dead-letter topic.',
    `letter_offset` UInt64 COMMENT 'Its offset in the dead-letter topic.',
    `recorded_at` DateTime64(3, 'UTC') COMMENT 'When the dead-letter topic took it.'
)
COMMENT 'One row per record that could not be processed, with its reason and the original bytes; of windows those of the live generation.'
AS SELECT * EXCEPT (version, generation)
FROM {database}_data.dead_letters
FINAL
WHERE (generation IS NULL) OR (generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
));

CREATE VIEW {database}.entities
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `entity_id` String COMMENT 'Identifies the entity in its scope.',
    `name` String COMMENT 'Its name, as the scope first spelt it.',
    `type` String COMMENT 'What kind of thing it is: person, place, organisation and so on.',
    `aliases` Array(String) COMMENT 'What else it is called in facts.',
    `facts` UInt64 COMMENT 'How many facts.',
    `facts_active` UInt64 COMMENT 'How many facts that hold now.',
    `first_mentioned_at` DateTime64(3, 'UTC') COMMENT 'When the first fact that names it was said last.',
    `last_mentioned_at` DateTime64(3, 'UTC') COMMENT 'When a fact that names it was said last.'
)
COMMENT 'One row per entity of a scope: its name and type, what else it was called in facts, and how many facts name it.'
AS SELECT
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
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `extraction_key` String COMMENT 'Identifies what was asked: equal questions have equal keys.',
    `session_id` String COMMENT 'The conversation.',
    `window_id` String COMMENT 'Identifies the window.',
    `outcome` LowCardinality(String) COMMENT 'extracted or failed.',
    `reason` Nullable(String) COMMENT 'Why there are no candidates.',
    `candidates` UInt32 COMMENT 'How many proposals were kept.',
    `dropped` Map(LowCardinality(String), UInt32) COMMENT 'Proposals that were not kept, by reason.',
    `options` String COMMENT 'JSON object: what all turns of the window agree on.',
    `jobs` Array(Tuple(
        job_id String,
        attempt UInt32,
        units UInt32,
        total UInt32,
        tokens UInt32,
        trace_id String)) COMMENT 'The jobs that share the window: their units here and in all, their share of the tokens, their trace ids.',
    `units` UInt32 COMMENT 'How many turns, or pieces of long ones, the window holds.',
    `closed_by` LowCardinality(String) COMMENT 'What closed the window: turns, tokens, gap, age, flush, options, session_ended or long_turn.',
    `closed_at` DateTime64(3, 'UTC') COMMENT 'When the log took the record that closed the window.',
    `extractor` LowCardinality(String) COMMENT 'Who extracted: rules or openai.',
    `model` LowCardinality(String) COMMENT 'The model that extracted.',
    `prompt_version` LowCardinality(String) COMMENT 'Names the prompt: a hash of it; empty where the extractor has none.',
    `schema_version` UInt32 COMMENT 'Version of the form of what extractors answer.',
    `tokens_in` UInt64 COMMENT 'Tokens read by the model.',
    `tokens_out` UInt64 COMMENT 'Tokens written by the model.',
    `tokens_cached` UInt64 COMMENT 'Tokens read that the provider had in its cache.',
    `cost_micros` UInt64 COMMENT 'Millionths of a US dollar.',
    `latency_ms` UInt64 COMMENT 'Milliseconds the answer took.',
    `attempts` UInt32 COMMENT 'Calls made for this answer.',
    `finish_reason` LowCardinality(Nullable(String)) COMMENT 'Why the model stopped.',
    `journal_hit` Bool COMMENT 'The answer was in the journal: nothing was paid.',
    `error` Nullable(String) COMMENT 'Why there is no answer.',
    `job_headers` Map(String, Map(LowCardinality(String), String)) COMMENT 'By job id: the headers of its submission, where there are any.',
    `cost_usd` Float64 COMMENT 'US dollars. What the journal answers costs nothing.'
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

CREATE VIEW {database}.fact_sources
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `fact_id` String COMMENT 'Identifies the fact in its scope.',
    `status` LowCardinality(String) COMMENT 'active holds now, unless expires_at has passed; superseded, retracted or erased does not.',
    `type` LowCardinality(String) COMMENT 'Kind of fact: fact, preference, goal, decision, artifact, learning, event, instruction, relationship, context, observation, commitment or error.',
    `content` String COMMENT 'The fact, in words that stand alone.',
    `mentioned_at` DateTime64(3, 'UTC') COMMENT 'When the latest turn that says it was said.',
    `job_id` String COMMENT 'A job that taught it.',
    `session_id` String COMMENT 'The conversation of that job.',
    `title` Nullable(String) COMMENT 'The title that job came with.',
    `document_id` Nullable(String) COMMENT 'The publisher\'s own document.',
    `collection_id` Nullable(String) COMMENT 'The publisher\'s own collection.',
    `tags` Array(String) COMMENT 'The tags that job came with, document_tags included.',
    `metadata` String COMMENT 'JSON object; values keep their type: JSONExtract(metadata, \'year\', \'Int64\'), JSONType(metadata, \'year\').',
    `trace_id` String COMMENT 'The publisher\'s trace id, else the coordinate of its record.',
    `headers` Map(String, String) COMMENT 'What the publisher sent along as headers (correlation-id, schema-version, ce_*).'
)
COMMENT 'One row per fact and job that taught it: the title, document, collection, tags, metadata and headers the job came with. Facts by tag: WHERE has(tags, \'...\').'
AS SELECT
    fact.org_id AS org_id,
    fact.user_id AS user_id,
    fact.fact_id AS fact_id,
    fact.status AS status,
    fact.type AS type,
    fact.content AS content,
    fact.mentioned_at AS mentioned_at,
    fact.job_id AS job_id,
    job.told.1 AS session_id,
    job.told.2 AS title,
    job.told.3 AS document_id,
    job.told.4 AS collection_id,
    job.told.5 AS tags,
    job.told.6 AS metadata,
    job.told.7 AS trace_id,
    job.told.8 AS headers
FROM
(
    SELECT
        org_id,
        user_id,
        fact_id,
        status,
        type,
        content,
        mentioned_at,
        arrayJoin(job_ids) AS job_id
    FROM {database}_data.facts
    FINAL
    WHERE generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )
) AS fact
INNER JOIN
(
    SELECT
        org_id,
        user_id,
        job_id,
        argMax((session_id, title, document_id, collection_id, tags, metadata, trace_id, headers), attempt) AS told
    FROM {database}_data.job_parts
    FINAL
    WHERE (generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )) AND (part = 'accepted')
    GROUP BY
        org_id,
        user_id,
        job_id
) AS job ON (job.org_id = fact.org_id) AND (job.user_id = fact.user_id) AND (job.job_id = fact.job_id);

CREATE VIEW {database}.facts
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `fact_id` String COMMENT 'Identifies the fact in its scope.',
    `revision` UInt64 COMMENT 'Counts the changes of this fact.',
    `change` LowCardinality(String) COMMENT 'What the latest revision did: created, confirmed, superseded, reinstated, retracted or erased.',
    `status` LowCardinality(String) COMMENT 'active holds now, unless expires_at has passed; superseded, retracted or erased does not.',
    `session_id` String COMMENT 'The conversation that first taught it.',
    `type` LowCardinality(String) COMMENT 'Kind of fact: fact, preference, goal, decision, artifact, learning, event, instruction, relationship, context, observation, commitment or error.',
    `title` String COMMENT 'A short name for it.',
    `content` String COMMENT 'The fact, in words that stand alone.',
    `subject` Nullable(String) COMMENT 'Whom or what the statement is about: with the predicate the slot of a value that can be replaced.',
    `predicate` LowCardinality(Nullable(String)) COMMENT 'How subject and object are related: lives_in, works_at, sister.',
    `object` Nullable(String) COMMENT 'What the subject has by the predicate.',
    `about` String COMMENT 'Whom or what it is about.',
    `asserted_by_role` LowCardinality(String) COMMENT 'Role of who said it.',
    `asserted_by_name` Nullable(String) COMMENT 'Name of who said it, where one was given.',
    `confidence` Float64 COMMENT 'From 0 to 1.',
    `confidence_basis` LowCardinality(String) COMMENT 'What the confidence rests on.',
    `provenance` LowCardinality(String) COMMENT 'How it is known, from weakest to strongest: inferred, observed, imported, explicit_statement, validated, corrected.',
    `visibility` LowCardinality(String) COMMENT 'Who may read it: user, knowledge or hive.',
    `evidence` Array(Tuple(
        turn_id String,
        quote Nullable(String),
        said_at DateTime64(3, 'UTC'))) COMMENT 'The turns that prove it, the earliest first, at most 20: id, quote where there is one, time.',
    `entities` Array(Tuple(
        entity_id String,
        name String,
        type String,
        said_as Nullable(String))) COMMENT 'Names in it, each with the scope\'s id for it; said_as where this fact calls it otherwise.',
    `confirmations` UInt32 COMMENT 'How many distinct turns say it.',
    `occurred_start` Nullable(DateTime64(3, 'UTC')) COMMENT 'When what it tells began, if that was said.',
    `occurred_end` Nullable(DateTime64(3, 'UTC')) COMMENT 'When what it tells ended, if that was said.',
    `mentioned_at` DateTime64(3, 'UTC') COMMENT 'When the latest turn that says it was said.',
    `recorded_at` DateTime64(3, 'UTC') COMMENT 'When the log took what led to this row.',
    `expires_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'After this it does not hold any more.',
    `superseded_by` Nullable(String) COMMENT 'The fact that took its place.',
    `job_ids` Array(String) COMMENT 'The jobs of all turns that say it; the newest hundred.',
    `window_id` String COMMENT 'Identifies the window.',
    `extraction_key` String COMMENT 'Identifies what was asked: equal questions have equal keys.',
    `extractor` LowCardinality(String) COMMENT 'Who extracted: rules or openai.',
    `model` LowCardinality(String) COMMENT 'The model behind the latest revision, as window_id, extraction_key, extractor and prompt_version are.',
    `prompt_version` LowCardinality(String) COMMENT 'Names the prompt: a hash of it; empty where the extractor has none.',
    `schema_version` UInt32 COMMENT 'Version of the form of what extractors answer.',
    `trace_ids` Array(String) COMMENT 'Trace ids of the submissions that led to the latest revision; fact_sources has those of all.',
    `headers` Map(LowCardinality(String), String) COMMENT 'Of the last submission that led to the latest revision; fact_sources has those of all.',
    `valid_from` DateTime64(3, 'UTC') COMMENT 'When it began to hold.',
    `valid_to` Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ceased to hold; null: it still does.'
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
COMMENT 'What held at a time, as it is known today: SELECT ... FROM facts_as_of(t = \'2026-01-01 00:00:00\') WHERE org_id = ... AND user_id = ... What was known by then: AND first_said_at <= the same time.'
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
    confidence,
    evidence,
    arrayMin(evidence.said_at) AS first_said_at,
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
)) AND (status NOT IN ('retracted', 'erased')) AND (valid_from <= {t:DateTime64(3, 'UTC')}) AND ((valid_to IS NULL) OR (valid_to > {t:DateTime64(3, 'UTC')})) AND ((expires_at IS NULL) OR (expires_at > {t:DateTime64(3, 'UTC')}));

CREATE VIEW {database}.facts_history
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `fact_id` String COMMENT 'Identifies the fact in its scope.',
    `type` LowCardinality(String) COMMENT 'Kind of fact: fact, preference, goal, decision, artifact, learning, event, instruction, relationship, context, observation, commitment or error.',
    `title` String COMMENT 'A short name for it.',
    `content` String COMMENT 'The fact, in words that stand alone.',
    `subject` Nullable(String) COMMENT 'Whom or what the statement is about: with the predicate the slot of a value that can be replaced.',
    `predicate` LowCardinality(Nullable(String)) COMMENT 'How subject and object are related: lives_in, works_at, sister.',
    `object` Nullable(String) COMMENT 'What the subject has by the predicate.',
    `about` String COMMENT 'Whom or what it is about.',
    `visibility` LowCardinality(String) COMMENT 'Who may read it: user, knowledge or hive.',
    `valid_from` DateTime64(3, 'UTC') COMMENT 'When it began to hold.',
    `valid_to` Nullable(DateTime64(3, 'UTC')) COMMENT 'When it ceased to hold; null: it still does.',
    `superseded_by` Nullable(String) COMMENT 'The fact that took its place.',
    `status` LowCardinality(String) COMMENT 'The fact\'s status of today.'
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

CREATE VIEW {database}.facts_search
COMMENT 'The facts whose content holds a text, in any language and case: SELECT ... FROM facts_search(q = \'...\') WHERE org_id = ... Columns as of facts.'
AS SELECT
    * EXCEPT (generation, intervals),
    tupleElement(intervals[-1], 'valid_from') AS valid_from,
    tupleElement(intervals[-1], 'valid_to') AS valid_to
FROM {database}_data.facts
FINAL
WHERE (generation = (
    SELECT generation
    FROM {database}_data.live_generation
    FINAL
)) AND (replaceRegexpAll(normalizeUTF8NFKCCasefold(content), 'i̇|ı', 'i') LIKE concat('%', replaceRegexpAll(replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), 'i̇|ı', 'i'), '[%_\\\\]', '\\\\\\0'), '%')) AND (replaceRegexpAll(normalizeUTF8NFKCCasefold(content), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') LIKE if(match(normalizeUTF8NFKCCasefold({q:String}), '[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]'), concat('%', replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' '), '%'), '%'));

CREATE VIEW {database}.freshness
(
    `view` String COMMENT 'The view.',
    `topic` LowCardinality(String) COMMENT 'The topic that feeds the view.',
    `partition` UInt32 COMMENT 'Number of the partition.',
    `position` UInt64 COMMENT 'Everything before this offset is in the view.',
    `appended_at` DateTime64(3, 'UTC') COMMENT 'Time of the last record before position, as its topic keeps it.'
)
COMMENT 'One row per view and partition of the topic that feeds it: the view holds all records before position. Kafka\'s end less position is what it lacks, markers of transactions included.'
AS SELECT
    arrayJoin(multiIf(topic = 'conversations', ['turns', 'submissions'], topic = 'results', ['extractions'], topic = 'dead-letters', ['dead_letters'], startsWith(topic, 'facts.g'), ['facts'], startsWith(topic, 'jobs.g'), ['jobs'], [])) AS view,
    topic,
    partition,
    position,
    appended_at
FROM {database}_data.positions
FINAL
WHERE (topic NOT LIKE '%.g%') OR endsWith(topic, (
    SELECT concat('.g', toString(generation))
    FROM {database}_data.live_generation
    FINAL
));

CREATE VIEW {database}.generation_diff
COMMENT 'The facts in which two generations differ: SELECT ... FROM generation_diff(a = 1, b = 2). Who extracted them alone is no difference.'
AS SELECT
    org_id,
    user_id,
    fact_id,
    multiIf(in_b = 0, 'only_a', in_a = 0, 'only_b', 'differs') AS difference,
    if(difference = 'differs', arrayFilter((name, a, b) -> (a != b), ['status', 'type', 'content', 'statement', 'about', 'confidence', 'provenance', 'visibility', 'evidence', 'entities', 'occurred', 'expires_at', 'intervals', 'job_ids'], parts_a, parts_b), []) AS differs,
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
            [toString(status), toString(type), content, toString((subject, predicate, object)), toString((about, asserted_by_role, asserted_by_name)), toString((confidence, confidence_basis)), toString(provenance), toString(visibility), toString((evidence, confirmations)), toString(entities), toString((occurred_start, occurred_end)), toString(expires_at), toString(intervals), toString(job_ids)] AS parts
        FROM {database}_data.facts
        FINAL
        WHERE generation IN ({a:UInt32}, {b:UInt32})
    )
    GROUP BY
        org_id,
        user_id,
        fact_id
)
WHERE (in_a = 0) OR (in_b = 0) OR (parts_a != parts_b);

CREATE VIEW {database}.generations
(
    `generation` UInt32 COMMENT 'Counts the derivations of facts.',
    `live` Bool COMMENT 'Whether readers see it.',
    `facts_topic` String COMMENT 'Its topic of facts.',
    `jobs_topic` String COMMENT 'Its topic of jobs.',
    `windows` UInt64 COMMENT 'How many windows are resolved.',
    `facts` UInt64 COMMENT 'How many facts.',
    `extractors` Array(String) COMMENT 'Who extracted.',
    `models` Array(String) COMMENT 'The models that extracted.',
    `prompt_versions` Array(String) COMMENT 'The prompts that were used.'
)
COMMENT 'One row per generation that has rows, and the live one: its topics, the windows resolved, the facts it holds, and what it was derived with.'
AS SELECT
    generation,
    CAST((generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )), 'Bool') AS live,
    concat('facts.g', toString(generation)) AS facts_topic,
    concat('jobs.g', toString(generation)) AS jobs_topic,
    sum(windows) AS windows,
    sum(facts) AS facts,
    arraySort(groupUniqArrayArray(extractors)) AS extractors,
    arraySort(groupUniqArrayArray(models)) AS models,
    arraySort(groupUniqArrayArray(prompt_versions)) AS prompt_versions
FROM
(
    SELECT
        generation,
        0 AS windows,
        0 AS facts,
        [] AS extractors,
        [] AS models,
        [] AS prompt_versions
    FROM {database}_data.live_generation
    FINAL
    UNION ALL
    SELECT
        generation,
        count(),
        0,
        [],
        [],
        []
    FROM {database}_data.windows_resolved
    FINAL
    GROUP BY generation
    UNION ALL
    SELECT
        generation,
        0,
        count(),
        [],
        [],
        []
    FROM {database}_data.facts
    FINAL
    GROUP BY generation
    UNION ALL
    SELECT
        generation,
        0,
        0,
        groupUniqArray(extractor),
        groupUniqArray(model),
        groupUniqArray(prompt_version)
    FROM {database}_data.extractions
    FINAL
    GROUP BY generation
)
WHERE generation NOT IN (
    SELECT generation
    FROM {database}_data.generations_dropped
    FINAL
)
GROUP BY generation;

CREATE VIEW {database}.jobs
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `job_id` String COMMENT 'The caller\'s handle of the submission, or a computed one.',
    `session_id` String COMMENT 'The conversation.',
    `attempt` UInt32 COMMENT 'Counts from 1; a redriven record begins the next.',
    `state` Enum8('accepted' = 1, 'buffered' = 2, 'deferred' = 3, 'processing' = 4, 'completed' = 5, 'completed_empty' = 6, 'completed_partial' = 7, 'failed' = 8, 'cancelled' = 9, 'skipped_duplicate' = 10, 'dead_lettered' = 11) COMMENT 'accepted, buffered, deferred, processing, or one of the end states.',
    `reason` Nullable(String) COMMENT 'Why it stands as it does: for end states why there is nothing, or not all.',
    `error` Nullable(String) COMMENT 'What went wrong, where something did.',
    `accepted_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the conversation log took the submission.',
    `buffered_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When a turn of the job first waited in an open window.',
    `processing_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the last of its windows closed.',
    `ended_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the job reached its end state.',
    `turns_in` UInt32 COMMENT 'Turns as sent.',
    `turns_stored` UInt32 COMMENT 'Turns that are new.',
    `turns_duplicate` UInt32 COMMENT 'Turns that were known.',
    `turns_conflicting` UInt32 COMMENT 'Turns whose event id is known with another text.',
    `turns_weak` UInt32 COMMENT 'Turns without event id and time.',
    `resubmissions` UInt32 COMMENT 'How often the same job was sent again.',
    `windows` UInt32 COMMENT 'How many windows it took, those closed so far.',
    `windows_done` UInt32 COMMENT 'How many of them are resolved.',
    `windows_failed` UInt32 COMMENT 'How many of them no extractor has an answer for.',
    `facts_created` UInt32 COMMENT 'Facts that nobody knew before.',
    `facts_reconfirmed` UInt32 COMMENT 'Known facts that were said again.',
    `facts_superseded` UInt32 COMMENT 'Facts that a newer value replaced.',
    `dropped` Map(String, UInt32) COMMENT 'Proposals that were not kept, by reason.',
    `model_attempts` UInt32 COMMENT 'Calls made for its windows, all attempts counted.',
    `tokens_in` UInt64 COMMENT 'Tokens read by the model.',
    `tokens_out` UInt64 COMMENT 'Tokens written by the model.',
    `tokens_cached` UInt64 COMMENT 'Tokens read that the provider had in its cache.',
    `cost_micros` UInt64 COMMENT 'Millionths of a US dollar.',
    `cost_usd` Float64 COMMENT 'US dollars. What the journal answers costs nothing.',
    `extractor` String COMMENT 'Who extracted: rules or openai.',
    `model` String COMMENT 'The model that extracted.',
    `prompt_version` String COMMENT 'Names the prompt: a hash of it; empty where the extractor has none.',
    `first_error` Nullable(String) COMMENT 'The first error of its windows.',
    `last_error` Nullable(String) COMMENT 'The last error of its windows.',
    `candidates` String COMMENT 'Of a dry run: what would have been kept, as a JSON array.',
    `trace_id` String COMMENT 'The publisher\'s trace id, else the coordinate of its record.',
    `headers` Map(String, String) COMMENT 'What the publisher sent along as headers (correlation-id, schema-version, ce_*).',
    `title` Nullable(String) COMMENT 'The title it came with.',
    `document_id` Nullable(String) COMMENT 'The publisher\'s own document.',
    `collection_id` Nullable(String) COMMENT 'The publisher\'s own collection.',
    `visibility` String COMMENT 'Who may read it: user, knowledge or hive.',
    `tags` Array(String) COMMENT 'The publisher\'s own tags, document_tags included.',
    `metadata` String COMMENT 'JSON object; values keep their type: JSONExtract(metadata, \'year\', \'Int64\'), JSONType(metadata, \'year\').',
    `options` String COMMENT 'JSON object: how it was to be extracted, every default filled in.',
    `source_topic` Nullable(String) COMMENT 'Topic of the publisher\'s record, where it lay first.',
    `source_partition` Nullable(UInt32) COMMENT 'Partition of the publisher\'s record, where it lay first.',
    `source_offset` Nullable(UInt64) COMMENT 'Offset of the publisher\'s record, where it lay first.',
    `sent_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'Time of the publisher\'s record.',
    `required` Nullable(Int64) COMMENT 'While the job is deferred for its budget: what its next call may cost, in millionths of a US dollar.',
    `available` Nullable(Int64) COMMENT 'While the job is deferred for its budget: what is left of it, in millionths of a US dollar.',
    `shortfall` Nullable(Int64) COMMENT 'While the job is deferred for its budget: what it lacks, in millionths of a US dollar.'
)
COMMENT 'One row per job of the live generation: its last attempt, the highest state, and each number from the stage that owns it. Deferred while a window of it waits.'
AS SELECT
    org_id,
    user_id,
    job_id,
    any(part.session_id) AS session_id,
    attempt,
    argMax(part.state, part.rank) AS state,
    (argMax((part.reason, part.error), (part.rank, part.part))).1 AS reason,
    (argMax((part.reason, part.error), (part.rank, part.part))).2 AS error,
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
    anyIf(part.headers, part.part = 'accepted') AS headers,
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
    max(part.sent_at) AS sent_at,
    max(part.required) AS required,
    max(part.available) AS available,
    max(part.shortfall) AS shortfall
FROM
(
    SELECT
        *,
        (2 * CAST(state, 'UInt8')) + (3 * ((part = 'resolved') AND (state = 'deferred'))) AS rank,
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
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `job_id` String COMMENT 'The caller\'s handle of the submission, or a computed one.',
    `session_id` String COMMENT 'The conversation.',
    `state` Enum8('accepted' = 1, 'buffered' = 2, 'deferred' = 3, 'processing' = 4, 'completed' = 5, 'completed_empty' = 6, 'completed_partial' = 7, 'failed' = 8, 'cancelled' = 9, 'skipped_duplicate' = 10, 'dead_lettered' = 11) COMMENT 'accepted, buffered, deferred, processing, or one of the end states.',
    `held_by` String COMMENT 'What holds it: window, extract, resolve, or the budget.',
    `since` Nullable(DateTime64(3, 'UTC')) COMMENT 'When the job last got ahead.',
    `limit_s` Nullable(UInt64) COMMENT 'Seconds after which a job counts as stuck.',
    `windows` UInt32 COMMENT 'How many windows it took, those closed so far.',
    `windows_answered` UInt64 COMMENT 'How many of them have an answer.',
    `windows_done` UInt32 COMMENT 'How many of them are resolved.',
    `trace_id` String COMMENT 'The publisher\'s trace id, else the coordinate of its record.'
)
COMMENT 'Jobs that have not ended for more than limit_s seconds, twice the greatest age of a window and the longest extraction, and the stage that holds them.'
AS WITH
    (
        SELECT ifNull(2 * anyOrNull(window_age_s + extraction_s), 4080)
        FROM {database}_data.limits
        FINAL
    ) AS limit_s
SELECT
    job.org_id AS org_id,
    job.user_id AS user_id,
    job.job_id AS job_id,
    job.session_id AS session_id,
    job.state AS state,
    multiIf((job.state = 'deferred') AND (job.reason = 'budget'), 'budget', job.state = 'deferred', 'extract', job.state != 'processing', 'window', answers.windows >= greatest(job.windows, 1), 'resolve', 'extract') AS held_by,
    greatest(job.accepted_at, job.buffered_at, job.processing_at) AS since,
    limit_s,
    job.windows AS windows,
    answers.windows AS windows_answered,
    job.windows_done AS windows_done,
    job.trace_id AS trace_id
FROM {database}.jobs AS job
LEFT JOIN
(
    SELECT
        org_id,
        user_id,
        share.job_id AS job_id,
        share.attempt AS attempt,
        uniqExact(window_id) AS windows
    FROM {database}_data.extractions
    FINAL
    ARRAY JOIN jobs AS share
    WHERE generation = (
        SELECT generation
        FROM {database}_data.live_generation
        FINAL
    )
    GROUP BY
        org_id,
        user_id,
        job_id,
        attempt
) AS answers ON (answers.org_id = job.org_id) AND (answers.user_id = job.user_id) AND (answers.job_id = job.job_id) AND (answers.attempt = job.attempt)
WHERE (state < 'completed') AND (since < (now() - toIntervalSecond(limit_s)));

CREATE VIEW {database}.memory_now
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `session_id` String COMMENT 'The conversation.',
    `kind` String COMMENT 'fact or turn.',
    `id` String COMMENT 'The fact\'s or the turn\'s id.',
    `type` LowCardinality(String) COMMENT 'Type of the fact, or role of the turn.',
    `about` String COMMENT 'Whom the fact is about; of a turn who spoke.',
    `content` String COMMENT 'The fact\'s content, or the turn\'s text.',
    `mentioned_at` DateTime64(3, 'UTC') COMMENT 'When it was said last.',
    `pending` Bool COMMENT 'A turn whose facts are still to come.'
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
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `source_topic` LowCardinality(String) COMMENT 'Topic of the publisher\'s record, where it lay first.',
    `source_partition` UInt32 COMMENT 'Partition of the publisher\'s record, where it lay first.',
    `source_offset` UInt64 COMMENT 'Offset of the publisher\'s record, where it lay first.',
    `sent_at` DateTime64(3, 'UTC') COMMENT 'Time of the publisher\'s record.',
    `kind` LowCardinality(String) COMMENT 'submission, resubmission, session_ended or flush.',
    `session_id` String COMMENT 'The conversation.',
    `job_id` Nullable(String) COMMENT 'The caller\'s handle of the submission, or a computed one.',
    `attempt` UInt32 COMMENT 'Counts from 1; a redriven record begins the next.',
    `turns_in` UInt32 COMMENT 'Turns as sent.',
    `turns_stored` UInt32 COMMENT 'Turns that are new.',
    `turns_duplicate` UInt32 COMMENT 'Turns that were known.',
    `turns_conflicting` UInt32 COMMENT 'Turns whose event id is known with another text.',
    `turns_weak` UInt32 COMMENT 'Turns without event id and time.',
    `resubmissions` UInt32 COMMENT 'How often the job came again, this one included.',
    `outcome` LowCardinality(Nullable(String)) COMMENT 'Where nothing was to be extracted: how the job ended.',
    `reason` Nullable(String) COMMENT 'Why there is nothing, or not all.',
    `options` String COMMENT 'JSON object, every default filled in; empty where there are none.',
    `context` Nullable(String) COMMENT 'The situation, as the publisher put it: given to the extractor.',
    `title` Nullable(String) COMMENT 'The title it came with.',
    `document_id` Nullable(String) COMMENT 'The publisher\'s own document.',
    `collection_id` Nullable(String) COMMENT 'The publisher\'s own collection.',
    `visibility` LowCardinality(String) COMMENT 'Who may read it: user, knowledge or hive.',
    `tags` Array(LowCardinality(String)) COMMENT 'The publisher\'s own tags, document_tags included.',
    `metadata` String COMMENT 'JSON object; values keep their type: JSONExtract(metadata, \'year\', \'Int64\'), JSONType(metadata, \'year\').',
    `entities` Array(Tuple(
        text String,
        type Nullable(String))) COMMENT 'Names that occur, by the publisher\'s own word.',
    `trace_id` String COMMENT 'The publisher\'s trace id, else the coordinate of its record.',
    `headers` Map(LowCardinality(String), String) COMMENT 'What the publisher sent along as headers (correlation-id, schema-version, ce_*).',
    `redactions` Map(LowCardinality(String), UInt32) COMMENT 'Secrets that were replaced, by kind.',
    `unknown_fields` UInt32 COMMENT 'How many fields nobody knows.',
    `rekeyed` Bool COMMENT 'Whether it came with another key or partition than its scope\'s.',
    `log_partition` UInt32 COMMENT 'Partition of the conversation log.',
    `log_offset` UInt64 COMMENT 'Offset of its submission in the conversation log: with turn_index the order of arrival in a scope.',
    `recorded_at` DateTime64(3, 'UTC') COMMENT 'When the log took what led to this row.'
)
COMMENT 'One row per accepted record of a publisher: submissions, resubmissions and control records.'
AS SELECT * EXCEPT version
FROM {database}_data.submissions
FINAL;

CREATE VIEW {database}.turns
(
    `org_id` LowCardinality(String) COMMENT 'The organisation: the first half of the scope.',
    `user_id` String COMMENT 'Whose memory it is: the second half of the scope.',
    `session_id` String COMMENT 'The conversation.',
    `turn_id` String COMMENT 'Identifies the turn in its conversation.',
    `role` LowCardinality(String) COMMENT 'Who spoke: user, assistant, system, tool or document.',
    `name` Nullable(String) COMMENT 'Who spoke, where a name was given.',
    `text` String COMMENT 'The turn letter for letter, secrets replaced.',
    `said_at` DateTime64(3, 'UTC') COMMENT 'When the turn was said.',
    `time_is_arrival` Bool COMMENT 'The publisher gave no time: said_at is when the record was sent.',
    `event_id` Nullable(String) COMMENT 'The publisher\'s own id of the turn.',
    `observations` Array(Tuple(
        content String,
        type Nullable(String),
        confidence Nullable(Float64),
        occurred_at Nullable(DateTime64(3, 'UTC')))) COMMENT 'Facts the publisher sent along with the turn.',
    `job_id` String COMMENT 'The caller\'s handle of the submission, or a computed one.',
    `attempt` UInt32 COMMENT 'Counts from 1; a redriven record begins the next.',
    `write_active` Bool COMMENT 'Readable before its facts are there.',
    `write_passive` Bool COMMENT 'Facts were asked for.',
    `to_extract` Bool COMMENT 'Facts were asked for, and the turn is not blank.',
    `title` Nullable(String) COMMENT 'The title its submission came with.',
    `document_id` Nullable(String) COMMENT 'The publisher\'s own document.',
    `collection_id` Nullable(String) COMMENT 'The publisher\'s own collection.',
    `visibility` LowCardinality(String) COMMENT 'Who may read it: user, knowledge or hive.',
    `tags` Array(LowCardinality(String)) COMMENT 'The publisher\'s own tags, document_tags included.',
    `metadata` String COMMENT 'JSON object; values keep their type: JSONExtract(metadata, \'year\', \'Int64\'), JSONType(metadata, \'year\').',
    `trace_id` String COMMENT 'The publisher\'s trace id, else the coordinate of its record.',
    `headers` Map(LowCardinality(String), String) COMMENT 'What the publisher sent along as headers (correlation-id, schema-version, ce_*).',
    `log_partition` UInt32 COMMENT 'Partition of the conversation log.',
    `log_offset` UInt64 COMMENT 'Offset of its submission in the conversation log: with turn_index the order of arrival in a scope.',
    `turn_index` UInt32 COMMENT 'Its place in its submission.',
    `recorded_at` DateTime64(3, 'UTC') COMMENT 'When the log took what led to this row.'
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

CREATE VIEW {database}.turns_search
COMMENT 'The turns whose text holds a text, in any language and case: SELECT ... FROM turns_search(q = \'...\') WHERE org_id = ... Columns as of turns.'
AS SELECT * EXCEPT version
FROM {database}_data.turns
FINAL
WHERE (replaceRegexpAll(normalizeUTF8NFKCCasefold(text), 'i̇|ı', 'i') LIKE concat('%', replaceRegexpAll(replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), 'i̇|ı', 'i'), '[%_\\\\]', '\\\\\\0'), '%')) AND (replaceRegexpAll(normalizeUTF8NFKCCasefold(text), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' ') LIKE if(match(normalizeUTF8NFKCCasefold({q:String}), '[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]'), concat('%', replaceRegexpAll(normalizeUTF8NFKCCasefold({q:String}), '[^\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}]+', ' '), '%'), '%'));
