"""The rows that `reads` reads, made inside ClickHouse from numbers: the same amounts give the same rows.

A fifth of all users belongs to one organisation, a thousand others share the rest unevenly. A user has 20 to 50 facts,
learnt over months, so every insert holds some of everybody, as the sink's do. Words are made of syllables and drawn
unevenly, half of the texts in something like English, the rest like German and Chinese.
"""

import time
from collections.abc import Iterator
from typing import NamedTuple

from streams.adapters.clickhouse import Database

FACTS_OF_A_USER = range(20, 51)
ROUND = 500_000
PENDING_INSERTS = 8
WORDS = 200_000


class Amounts(NamedTuple):
    """How much is stored, about; each job is one turn, and three jobs of a user share a window."""

    facts: int
    jobs: int

    @property
    def users(self) -> int:
        return max(1, self.facts // 35)

    @property
    def jobs_of_a_user(self) -> int:
        return -(-self.jobs // self.users)


SCOPE = """
    cityHash64(u) AS of_user,
    if(of_user % 5 = 0, 0, 1 + toUInt32(999 * pow((of_user DIV 5) % 1000000 / 1e6, 3))) AS of_org,
    concat('org-', leftPad(toString(of_org), 4, '0')) AS org_id,
    concat('user-', lower(hex(of_user))) AS user_id"""

TEXT = """
    multiIf(
        seed % 10 < 5, arrayStringConcat(arrayMap(i -> word(ranked(seed, i),
            'b,c,d,f,g,h,l,m,n,p,r,s,t,th,tr,st,w,br,pl,k',
            'a,e,i,o,u,ea,ou,ee,ai,io', 'n,r,s,t,l,ng,nd,st,d,m,ck,'), range(6 + seed % 9)), ' '),
        seed % 10 < 8, arrayStringConcat(arrayMap(i -> word(ranked(seed, i),
            'B,d,f,G,h,K,l,M,n,P,r,S,sch,St,t,v,w,z,tr,br',
            'a,e,i,o,u,ei,ie,ä,ö,ü', 'n,r,s,t,l,ng,nd,cht,ß,m,ck,'), range(6 + seed % 9)), ' '),
        arrayStringConcat(arrayMap(i -> character(19968 + ranked(seed, i) % 2500), range(8 + seed % 16)))) || '.'"""

FUNCTIONS = (
    f"ranked AS (seed, i) -> toUInt32({WORDS} * pow(cityHash64(seed, i) % 1000000 / 1e6, 4))",
    "picked AS (n, list) -> arrayElement(splitByChar(',', list), n % length(splitByChar(',', list)) + 1)",
    "syllable AS (n, a, b, c) -> concat(picked(n, a), picked(n DIV 97, b), picked(n DIV 1013, c))",
    "word AS (n, a, b, c) -> if(n < 300, syllable(intHash32(n), a, b, c), "
    "concat(syllable(intHash32(n), a, b, c), lowerUTF8(syllable(intHash32(n + 7), a, b, c))))",
    "character AS c -> char(224 + c DIV 4096, 128 + c DIV 64 % 64, 128 + c % 64)",
)
"""Of the whole server; it is a fresh one."""

FACTS = f"""
INSERT INTO turnlog_data.facts
    (org_id, user_id, fact_id, generation, revision, change, status, session_id, type, title, content, subject,
     predicate, object, about, asserted_by_role, confidence, confidence_basis, provenance, visibility, evidence,
     entities, confirmations, mentioned_at, recorded_at, superseded_by, intervals, job_ids, window_id,
     extraction_key, extractor, model, prompt_version, schema_version)
WITH
    number % {{users:UInt64}} AS u,
    number DIV {{users:UInt64}} AS k,
    {SCOPE},
    cityHash64(u, k) AS seed,
    k % {{jobs_of_a_user:UInt64}} AS job,
    {TEXT} AS text,
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(k * 345600 + seed % 345600) AS at,
    if(seed % 100 < 85, 'active', if(seed % 100 < 97, 'superseded', 'retracted')) AS now,
    lower(hex(sipHash128('fact', u, seed % 997))) AS other,
    lower(hex(sipHash128('entity', u, seed % 7))) AS entity
SELECT
    org_id, user_id, lower(hex(sipHash128('fact', u, k))), 1, {{revision:UInt64}},
    if({{revision:UInt64}} = 1, 'created', 'reconfirmed'), now, concat('session-', toString(job DIV 3)),
    ['fact', 'preference', 'event'][seed % 3 + 1], substringUTF8(text, 1, 40), text, 'Ann',
    ['lives_in', 'works_at', 'likes', 'owns', 'knows', 'plans', NULL][seed % 7 + 1],
    splitByChar(' ', text)[-1], 'Ann', 'user', 0.9, 'first-person statement', 'explicit_statement', 'user',
    [(lower(hex(sipHash128('turn', u, job))), substringUTF8(text, 1, 60), at)],
    if(seed % 2 = 0, [(entity, concat('Name', toString(seed % 7)), 'person', NULL)], []), {{revision:UInt64}},
    at, at, if(now = 'superseded', other, NULL),
    [(at, if(now = 'active', NULL, at + INTERVAL 30 DAY), if(now = 'superseded', other, NULL))],
    [lower(hex(sipHash128('job', u, job)))], lower(hex(sipHash128('window', u, job DIV 3))),
    lower(hex(sipHash128('key', u, job DIV 3))), 'openai', 'gpt-4.1-mini', 'facts-1', 1
FROM numbers({{first:UInt64}}, {{count:UInt64}})
WHERE k < {FACTS_OF_A_USER.start} + of_user % {len(FACTS_OF_A_USER)} AND seed % {{one_in:UInt64}} = {{which:UInt64}}"""

JOB = f"""
    number % {{users:UInt64}} AS u,
    number DIV {{users:UInt64}} AS job,
    {SCOPE},
    cityHash64(u, job, 'job') AS seed,
    lower(hex(sipHash128('job', u, job))) AS job_id,
    toDateTime64('2026-01-01 00:00:00', 3, 'UTC') + toIntervalSecond(job * 1209600 + seed % 1209600) AS at,
    of_user % 10 = 7 AND job DIV 3 = ({{jobs_of_a_user:UInt64}} - 1) DIV 3 AS open"""

JOB_PARTS = f"""
INSERT INTO turnlog_data.job_parts
    (org_id, user_id, job_id, generation, attempt, part, revision, session_id, state, at, turns_in,
     turns_stored, trace_id, visibility, tags, metadata, options, source_topic, source_partition, source_offset,
     sent_at, windows, windows_done, facts_created, tokens_in, tokens_out, cost_micros, extractor, model,
     prompt_version)
WITH {JOB}, arrayJoin(if(open, ['accepted', 'windows'], ['accepted', 'windows', 'resolved'])) AS part
SELECT
    org_id, user_id, job_id, 1, 1, part, {{revision:UInt64}}, concat('session-', toString(job DIV 3)),
    multiIf(part = 'accepted', 'accepted', part = 'resolved', 'completed', open, 'buffered', 'processing'), at,
    part = 'accepted', part = 'accepted', if(part = 'accepted', concat('turns-', toString(number)), ''), 'user',
    if(part = 'accepted', [concat('tag', toString(seed % 20))], []), '{{}}', '', if(part = 'accepted', 'turns', NULL),
    if(part = 'accepted', u % 8, NULL), if(part = 'accepted', number, NULL), if(part = 'accepted', at, NULL),
    part = 'windows', part = 'resolved', if(part = 'resolved', 3, 0), if(part = 'resolved', 400, 0),
    if(part = 'resolved', 90, 0), if(part = 'resolved', 300, 0), 'openai', 'gpt-4.1-mini', 'facts-1'
FROM numbers({{first:UInt64}}, {{count:UInt64}})
WHERE seed % {{one_in:UInt64}} = {{which:UInt64}}"""

TURNS = f"""
INSERT INTO turnlog_data.turns
    (org_id, user_id, session_id, turn_id, role, text, said_at, job_id, attempt, write_active, write_passive,
     to_extract, visibility, metadata, trace_id, log_partition, log_offset, recorded_at, version)
WITH {JOB}, {TEXT} AS text
SELECT
    org_id, user_id, concat('session-', toString(job DIV 3)), lower(hex(sipHash128('turn', u, job))),
    'user', text, at, job_id, 1, true, true, true, 'user', '{{}}', concat('turns-', toString(number)), u % 8, number,
    at, number
FROM numbers({{first:UInt64}}, {{count:UInt64}})"""

EXTRACTIONS = f"""
INSERT INTO turnlog_data.extractions
    (org_id, user_id, extraction_key, generation, session_id, window_id, outcome, candidates, options, jobs,
     units, closed_by, closed_at, extractor, model, prompt_version, schema_version, tokens_in, tokens_out,
     cost_micros, latency_ms, attempts, version)
WITH {JOB}
SELECT
    org_id, user_id, lower(hex(sipHash128('key', u, job DIV 3))), 1, concat('session-', toString(job DIV 3)),
    lower(hex(sipHash128('window', u, job DIV 3))), 'extracted', 3, '{{}}',
    arrayMap(i -> (lower(hex(sipHash128('job', u, job + i))), 1, 1, 1, 100, ''), range(3)), 3, 'idle', at, 'openai',
    ['gpt-4.1-mini', 'gpt-4.1'][seed % 2 + 1], 'facts-1', 1, 1200, 270, 900, 800, 1, number
FROM numbers({{first:UInt64}}, {{count:UInt64}})
WHERE job % 3 = 0 AND NOT open"""

WINDOWS_RESOLVED = f"""
INSERT INTO turnlog_data.windows_resolved
    (org_id, user_id, session_id, window_id, extraction_key, generation, facts_created, recorded_at, version)
WITH {JOB}
SELECT
    org_id, user_id, concat('session-', toString(job DIV 3)), lower(hex(sipHash128('window', u, job DIV 3))),
    lower(hex(sipHash128('key', u, job DIV 3))), 1, 3, at, number
FROM numbers({{first:UInt64}}, {{count:UInt64}})
WHERE job % 3 = 0 AND NOT open"""

USERS = f"SELECT org_id, user_id FROM (SELECT arrayJoin({{users:Array(UInt64)}}) AS u, {SCOPE})"


def fill(client: Database, amounts: Amounts) -> None:
    """Store everything once, merging as it comes; of every tenth fact two revisions."""
    for function in FUNCTIONS:
        client.execute(f"CREATE FUNCTION IF NOT EXISTS {function}")
    facts = amounts.users * (FACTS_OF_A_USER.stop - 1)
    steps = [(FACTS, facts, 1, 1, 0), (FACTS, facts, 2, 10, 0), (JOB_PARTS, amounts.jobs, 1, 1, 0)]
    steps += [(sql, amounts.jobs, 1, 1, 0) for sql in (TURNS, EXTRACTIONS, WINDOWS_RESOLVED)]
    for sql, rows, revision, one_in, which in steps:
        began = time.monotonic()
        for first, count in rounds(rows, ROUND * one_in):
            insert(client, sql, amounts, first, count, revision, one_in, which)
        print(f"{sql.split(maxsplit=3)[2]}: {time.monotonic() - began:.0f} s", flush=True)


def leave_pending(client: Database, amounts: Amounts) -> None:
    """Revisions that just came, each insert a part; whoever calls has stopped merges."""
    facts = amounts.users * (FACTS_OF_A_USER.stop - 1)
    for which in range(PENDING_INSERTS):
        insert(client, FACTS, amounts, 0, facts, 3, 1_000, which)
        insert(client, JOB_PARTS, amounts, 0, amounts.jobs, 2, 1_000, which)


def insert(
    client: Database, sql: str, amounts: Amounts, first: int, count: int, revision: int, one_in: int, which: int
) -> None:
    client.query(
        sql + " SETTINGS max_execution_time = 0",
        {
            "users": amounts.users,
            "jobs_of_a_user": amounts.jobs_of_a_user,
            "first": first,
            "count": count,
            "revision": revision,
            "one_in": one_in,
            "which": which,
        },
    )


def rounds(rows: int, most: int) -> Iterator[tuple[int, int]]:
    for first in range(0, rows, most):
        yield first, min(most, rows - first)
