"""What the public views show of the events, however often and in whatever order these came."""

import random
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.dead_letter import DeadLetter
from streams.admin.live import QUERIES, find_dropped
from tests.streams.sink.store import ORGANISATIONS, Record, Store, event_record, example, fact, letter_record

pytestmark = pytest.mark.clickhouse
VIEWS = ("turns", "submissions", "extractions", "facts", "facts_history", "jobs", "dead_letters")


def source(offset: int) -> dict[str, Any]:
    return {"topic": "turns", "partition": 3, "offset": offset, "timestamp": 1_767_225_600_500}


def job(org: str, part: str, revision: int, state: str, **changes: Any) -> Record:
    whose = {
        name: value for name, value in example("JobChanged").items() if name.endswith("_id") or name == "generation"
    }
    said = {"event": "JobChanged", "version": 1, "part": part, "revision": revision, "state": state, "at": revision}
    return Record("jobs.g1", orjson.dumps({**whose, **said, "org_id": org, **changes}))


def everything(org: str) -> list[Record]:
    """One record of every kind, and later revisions of what has some."""
    letter = DeadLetter("MALFORMED", "no", "ingest", "submission", "turns", 1, 5, 1, b"k", b"\xff", org_id=org)
    return [
        event_record("SubmissionAccepted", org_id=org, offset=1, source=source(1)),
        event_record("JobResubmitted", org_id=org, offset=2, source=source(2)),
        event_record("SessionEnded", org_id=org, offset=3, source=source(3)),
        event_record("FlushRequested", org_id=org, offset=4, source=source(4)),
        event_record("ConversationIdled", org_id=org, offset=5),
        event_record("SubmissionRefused", org_id=org, offset=6, source=source(6)),
        event_record("WindowExtracted", topic="results", org_id=org, offset=1, journal_hit=False, latency_ms=900),
        event_record("WindowExtracted", topic="results", org_id=org, offset=2, journal_hit=True, latency_ms=0),
        event_record("WindowExtracted", topic="results", org_id=org, offset=3, journal_hit=False, latency_ms=5),
        event_record("WindowResolved", topic="facts.g1", org_id=org, offset=3),
        fact(org, 1, status="active", intervals=[{"valid_from": 1_767_139_200_000}]),
        fact(org, 2),
        job(org, "accepted", 1, "accepted", turns_in=4, title="Moving", source=source(1)),
        job(org, "windows", 1, "buffered", windows=0),
        job(org, "windows", 2, "processing", windows=1),
        job(org, "resolved", 1, "completed", facts_created=2),
        letter_record(letter, offset=8),
    ]


def seen(store: Store, org: str) -> dict[str, list[dict[str, Any]]]:
    return {view: [row | {"org_id": "-"} for row in store.view(view, org)] for view in VIEWS}


@pytest.fixture(scope="module")
def told_once(store: Store) -> dict[str, list[dict[str, Any]]]:
    store.write(everything("told once"))
    return seen(store, "told once")


def test_every_event_reaches_its_view(told_once: dict[str, list[dict[str, Any]]]) -> None:
    sizes = {view: len(rows) for view, rows in told_once.items()}
    assert sizes == {
        "turns": 2,
        "submissions": 4,
        "extractions": 1,
        "facts": 1,
        "facts_history": 1,
        "jobs": 1,
        "dead_letters": 1,
    }


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_events_in_any_order_and_repetition_show_the_same(
    store: Store, told_once: dict[str, list[dict[str, Any]]], chance: random.Random, chunks: int
) -> None:
    org = next(ORGANISATIONS)
    records = everything(org) * 2
    chance.shuffle(records)
    for start in range(chunks):
        store.write(records[start::chunks])
    assert seen(store, org) == told_once


def test_repeated_inserts_leave_one_row_per_id(store: Store, org: str) -> None:
    for _ in range(4):
        store.write(everything(org))
    for view, ids in {
        "turns": "turn_id",
        "facts": "fact_id",
        "jobs": "job_id",
        "extractions": "extraction_key",
    }.items():
        rows = store.view(view, org)
        assert len({row[ids] for row in rows}) == len(rows), view


def test_a_turn_shows_what_was_said_and_when(store: Store, org: str) -> None:
    store.write([event_record("SubmissionAccepted", org_id=org, offset=12)])
    turn = next(row for row in store.view("turns", org) if row["role"] == "user")
    assert turn["text"] == example("SubmissionAccepted")["turns"][0]["text"]
    assert turn["said_at"] == datetime(2026, 1, 1, tzinfo=UTC)
    assert turn["log_offset"] == 12
    assert turn["headers"] == {"trace-id": "turns-3-41"}


def test_any_text_comes_back_letter_for_letter(store: Store, org: str) -> None:
    texts = ["", " ", "tab\there", "line\nline", "nul \0 inside", "'; DROP TABLE turns; --", "漢字 🦊 e\u0301", "\\N"]
    turns = [
        {"turn_id": str(place), "role": "user", "text": text, "said_at": 0, "index": place}
        for place, text in enumerate(texts)
    ]
    store.write([event_record("SubmissionAccepted", org_id=org, turns=turns)])
    assert [row["text"] for row in sorted(store.view("turns", org), key=lambda row: int(row["turn_index"]))] == texts


def test_berlin_oslo_berlin_again_is_one_fact_with_two_intervals(store: Store, org: str) -> None:
    day = 86_400_000
    intervals = [{"valid_from": day, "valid_to": 2 * day, "superseded_by": "oslo"}, {"valid_from": 3 * day}]
    store.write([fact(org, 3, status="active", intervals=intervals)])
    (now,) = store.view("facts", org)
    assert (now["valid_from"], now["valid_to"]) == (datetime(1970, 1, 4, tzinfo=UTC), None)
    held = [
        (row["valid_from"].day, row["valid_to"] and row["valid_to"].day) for row in store.view("facts_history", org)
    ]
    assert sorted(held, key=str) == [(2, 3), (4, None)]


def test_a_fact_of_another_generation_is_not_shown_and_hides_nothing(store: Store, org: str) -> None:
    store.write([fact(org, 9, generation=2, content="from a replay"), fact(org, 1, content="live")])
    assert [row["content"] for row in store.view("facts", org)] == ["live"]


def test_a_job_takes_each_number_from_the_part_that_owns_it(store: Store, org: str) -> None:
    store.write(everything(org))
    (row,) = store.view("jobs", org)
    assert (row["state"], row["turns_in"], row["windows"], row["facts_created"]) == ("completed", 4, 1, 2)
    assert (row["title"], row["source_offset"]) == ("Moving", 1)


def test_a_job_shows_the_time_of_each_state(store: Store, org: str) -> None:
    begun = 1_767_225_600_000
    store.write(
        [
            job(org, "accepted", 1, "accepted", at=begun),
            job(
                org,
                "windows",
                2,
                "processing",
                at=begun + 2_000,
                buffered_at=begun + 1_000,
                processing_at=begun + 2_000,
            ),
            job(org, "resolved", 1, "completed", at=begun + 3_000),
        ]
    )
    (row,) = store.view("jobs", org)
    times = [row[name].second for name in ("accepted_at", "buffered_at", "processing_at", "ended_at")]
    assert times == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ([("accepted", 1, "accepted")], "accepted"),
        ([("accepted", 1, "buffered")], "buffered"),
        ([("windows", 2, "processing"), ("accepted", 1, "buffered")], "processing"),
        ([("resolved", 1, "deferred"), ("accepted", 1, "buffered")], "deferred"),
        ([("resolved", 1, "completed"), ("accepted", 1, "buffered")], "completed"),
        # as former versions wrote it
        ([("accepted", 1, "accepted"), ("windows", 1, "buffered")], "buffered"),
        ([("windows", 2, "processing"), ("windows", 1, "buffered"), ("accepted", 1, "accepted")], "processing"),
        ([("windows", 1, "deferred"), ("windows", 2, "processing")], "processing"),
        ([("windows", 1, "buffered"), ("resolved", 1, "deferred")], "deferred"),
        ([("resolved", 1, "deferred"), ("windows", 2, "processing")], "deferred"),
        ([("resolved", 2, "processing"), ("windows", 2, "processing"), ("resolved", 1, "deferred")], "processing"),
        ([("windows", 2, "processing"), ("resolved", 1, "deferred"), ("resolved", 2, "completed")], "completed"),
        ([("resolved", 1, "deferred"), ("accepted", 1, "cancelled")], "cancelled"),
        ([("resolved", 1, "failed"), ("accepted", 1, "accepted")], "failed"),
        ([("accepted", 1, "skipped_duplicate")], "skipped_duplicate"),
    ],
)
def test_the_highest_state_over_the_parts_stands(
    store: Store, org: str, parts: list[tuple[str, int, str]], state: str
) -> None:
    store.write([job(org, *part) for part in parts])
    assert [row["state"] for row in store.view("jobs", org)] == [state]


def test_only_the_last_attempt_of_a_job_counts(store: Store, org: str) -> None:
    store.write(
        [
            job(org, "accepted", 1, "dead_lettered", error="too large", turns_in=9),
            job(org, "resolved", 1, "failed", facts_created=7),
            job(org, "accepted", 2, "accepted", attempt=2, turns_in=4),
        ]
    )
    (row,) = store.view("jobs", org)
    assert (row["attempt"], row["state"], row["error"]) == (2, "accepted", None)
    assert (row["turns_in"], row["facts_created"], row["ended_at"]) == (4, 0, None)


def test_a_deferred_job_says_what_its_budget_lacks_until_it_goes_on(store: Store, org: str) -> None:
    lacks = {"required": 500, "available": 200, "shortfall": 300}
    waits = job(org, "resolved", 1, "deferred", reason="budget", **lacks)
    store.write([job(org, "accepted", 1, "accepted"), job(org, "windows", 2, "processing"), waits])
    (row,) = store.view("jobs", org)
    assert (row["state"], row["reason"], row["ended_at"]) == ("deferred", "budget", None)
    assert {name: row[name] for name in lacks} == lacks
    (stuck,) = store.view("jobs_stuck", org)
    assert stuck["held_by"] == "budget"
    store.write([job(org, "resolved", 2, "completed", facts_created=1), waits])
    (row,) = store.view("jobs", org)
    assert (row["state"], row["reason"], row["required"], row["shortfall"]) == ("completed", None, None, None)


def test_a_deferred_window_is_no_extraction_and_costs_nothing(store: Store, org: str) -> None:
    told: dict[str, Any] = {"topic": "results", "org_id": org, "journal_hit": False, "cost_micros": 70}
    waits = event_record("WindowExtracted", offset=1, outcome="deferred", **told | {"cost_micros": 0})
    store.write([waits])
    assert store.view("extractions", org) == store.view("cost_by_scope_day", org) == []
    store.write([event_record("WindowExtracted", offset=2, **told), waits])
    (row,) = store.view("cost_by_scope_day", org)
    assert (row["extractions"], row["calls"], row["cost_usd"]) == (1, 1, 0.00007)


def test_an_error_comes_from_the_part_whose_state_stands(store: Store, org: str) -> None:
    store.write([job(org, "accepted", 1, "accepted"), job(org, "resolved", 1, "failed", error="no usable reply")])
    (row,) = store.view("jobs", org)
    assert (row["state"], row["error"]) == ("failed", "no usable reply")


def test_generations_name_the_live_one_and_its_topics(store: Store) -> None:
    rows = store.views.query("SELECT * FROM generations WHERE live")
    assert [(row["generation"], row["live"], row["facts_topic"]) for row in rows] == [(1, True, "facts.g1")]


@pytest.mark.parametrize(
    ("view", "key"),
    [
        ("turns", "session_id"),
        ("submissions", "source_topic"),
        ("extractions", "extraction_key"),
        ("facts", "fact_id"),
        ("facts_history", "fact_id"),
        ("facts_as_of(t = '2026-01-01 00:00:00')", "fact_id"),
        ("entities", "user_id"),
        ("memory_now", "user_id"),
        ("jobs", "job_id"),
        ("jobs_stuck", "user_id"),
        ("fact_sources", "user_id"),
        ("cost_by_scope_day", "user_id"),
        ("dead_letters", "source_topic"),
    ],
)
def test_a_filter_on_a_view_reaches_the_key_of_its_table(store: Store, view: str, key: str) -> None:
    """Without this every look at one person would read everyone."""
    store.write(everything("to explain"))
    sql = f"EXPLAIN indexes = 1 SELECT * FROM {view} WHERE org_id = 'a' AND user_id = 'b' AND {key} = 'b'"
    plan = "\n".join(row["explain"] for row in store.views.query(sql))
    conditions = [part.split("Condition:")[1].splitlines()[0] for part in plan.split("PrimaryKey")[1:]]
    assert len(conditions) == plan.count("ReadFromMergeTree") >= 1
    for used in conditions:
        assert all(column in used for column in ("org_id", "user_id", key))


def test_what_held_at_a_time_can_be_asked_for(store: Store, org: str) -> None:
    day = 86_400_000
    berlin = {"content": "Berlin", "intervals": [{"valid_from": day, "valid_to": 3 * day}, {"valid_from": 5 * day}]}
    oslo = {"content": "Oslo", "fact_id": "o" * 32, "intervals": [{"valid_from": 3 * day, "valid_to": 5 * day}]}
    store.write([fact(org, 1, **berlin), fact(org, 1, **oslo)])

    def held(date: str) -> list[str]:
        sql = f"SELECT content FROM facts_as_of(t = '{date} 00:00:00') WHERE org_id = {{org:String}}"
        return [row["content"] for row in store.views.query(sql, {"org": org})]

    assert [held(f"1970-01-{number:02}") for number in (1, 2, 4, 6)] == [[], ["Berlin"], ["Oslo"], ["Berlin"]]


def test_entities_are_told_once_with_the_facts_that_name_them(store: Store, org: str) -> None:
    oslo = {"entity_id": "e1", "name": "Oslo", "type": "place"}
    store.write(
        [
            fact(org, 1, fact_id="1", entities=[oslo], mentioned_at=1, status="active"),
            fact(org, 1, fact_id="2", entities=[{**oslo, "name": "OSLO"}, {**oslo, "entity_id": "e2"}], mentioned_at=2),
        ]
    )
    told = {row["entity_id"]: (row["name"], row["facts"], row["facts_active"]) for row in store.view("entities", org)}
    assert told == {"e1": ("OSLO", 2, 1), "e2": ("Oslo", 1, 0)}


def test_a_journal_hit_costs_nothing(store: Store, org: str) -> None:
    def extraction(key: str, *, hit: bool) -> Record:
        return event_record("WindowExtracted", topic="results", org_id=org, extraction_key=key, journal_hit=hit)

    store.write([extraction("1", hit=False), extraction("2", hit=False), extraction("3", hit=True)])
    (row,) = store.view("cost_by_scope_day", org)
    assert (row["extractions"], row["calls"], row["cost_usd"]) == (3, 2, pytest.approx(84e-6))


def test_what_any_generation_paid_stays_visible_and_what_it_found_in_the_journal_costs_nothing(
    store: Store, org: str
) -> None:
    told: dict[str, Any] = {"topic": "results", "org_id": org, "cost_micros": 70}
    nothing: dict[str, Any] = {"cost_micros": 0, "attempts": 0, "reason": "low_signal", "extraction_key": "2"}
    store.write(
        [
            event_record("WindowExtracted", offset=1, generation=1, journal_hit=True, **told | {"cost_micros": 0}),
            event_record("WindowExtracted", offset=2, generation=2, journal_hit=False, **told),
            event_record("WindowExtracted", offset=3, generation=1, journal_hit=False, **told | nothing),
            event_record("WindowExtracted", offset=4, generation=2, journal_hit=False, **told | nothing),
        ]
    )
    (row,) = store.view("cost_by_scope_day", org)
    assert (row["extractions"], row["calls"], row["cost_usd"]) == (2, 1, 0.00007)


def test_of_dead_windows_readers_see_those_of_the_live_generation(store: Store, org: str) -> None:
    letters = [
        letter_record(
            DeadLetter(
                "EXTRACTION_FAILED", "", "resolve", "window", "results", 0, offset, 0, b"k", b"v", org_id=org,
                generation=generation,
            )
        )
        for offset, generation in enumerate((1, 2, None))
    ]  # fmt: skip
    store.write(letters)
    assert sorted(row["source_offset"] for row in store.view("dead_letters", org)) == [0, 2]


def test_a_dropped_generation_is_known_again_from_its_record_and_its_ledger_is_no_generation(
    store: Store, org: str
) -> None:
    store.write(
        [
            event_record("WindowExtracted", topic="results", org_id=org, generation=7),
            event_record("WindowExtracted", topic="results", org_id=org, generation=8),
            event_record("GenerationDropped", topic="results", generation=7),
        ]
    )
    assert find_dropped(store.tables, store.name) == {7}
    seen = {row["generation"] for row in store.views.query("SELECT generation FROM generations")}
    assert (7 in seen, 8 in seen) == (False, True)


def test_jobs_that_wait_in_one_generation_alone_are_told_from_those_that_wait_anyway(store: Store) -> None:
    def waits(job_id: str, generation: int, state: str, attempt: int = 1) -> Record:
        number = {"generation": generation, "attempt": attempt}
        return job("waiting", "resolved", 1, state, job_id=job_id, **number)

    store.write(
        [
            *(waits("both", generation, "deferred") for generation in (21, 22)),
            *(waits("second", generation, state) for generation, state in ((21, "completed"), (22, "deferred"))),
            *(waits("again", 22, state, attempt) for attempt, state in ((1, "deferred"), (2, "completed"))),
            waits("new", 22, "deferred"),
        ]
    )
    (row,) = QUERIES["jobs_deferred"].run(store.tables, data=f"{store.name}_data", generation=22, live=21)
    assert row["jobs"] == 2, "second and new"


def test_a_job_that_does_not_end_is_stuck_and_says_where(store: Store, org: str) -> None:
    soon = 4_102_444_800_000
    store.write(
        [
            job(org, "accepted", 1, "accepted", at=1_000, job_id="old"),
            job(org, "windows", 1, "processing", at=2_000, processing_at=2_000, job_id="old"),
            job(org, "accepted", 1, "accepted", at=soon, job_id="new"),
            job(org, "accepted", 1, "completed_empty", at=1_000, job_id="ended"),
        ]
    )
    assert [(row["job_id"], row["held_by"]) for row in store.view("jobs_stuck", org)] == [("old", "extract")]
