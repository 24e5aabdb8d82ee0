"""The read side over real rows: typed, in order, and never another scope's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.dead_letter import DeadLetter
from streams.local.clickhouse.local import LocalClickHouse
from streams.query import reads
from tests.streams.sink.store import Store, event_record, example, fresh_store, letter_record

pytestmark = pytest.mark.clickhouse
BERLIN, OSLO = "47929282ed8dc4f7f3f0fbc43018d71d", "f" * 32
JOB = "c5b0cb49c716efff941300ca4fabc548"


@pytest.fixture(scope="module")
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    source = example("FlushRequested")["source"]
    bad = DeadLetter("MALFORMED", "not JSON", "ingest", "submission", "turns", 1, 5, 1, None, b"x")
    window = DeadLetter(
        "EXTRACTION_FAILED", "no usable reply", "resolve", "window", "results", 1, 9, 1, b"k", b"{}", org_id="acme"
    )
    oslo: dict[str, Any] = {
        "fact_id": OSLO,
        "status": "active",
        "object": "Oslo",
        "intervals": [{"valid_from": 1_767_225_600_000}],
    }
    with fresh_store(clickhouse.address) as store:
        store.write(
            [
                event_record("SubmissionAccepted", offset=1, source={**source, "offset": 1}),
                event_record("JobResubmitted", offset=2, source={**source, "offset": 2}),
                event_record("SessionEnded", offset=3, source={**source, "offset": 3}),
                event_record("FlushRequested", offset=4, source={**source, "offset": 4}),
                event_record("WindowExtracted", topic="results", journal_hit=False),
                event_record("WindowExtracted", topic="results", extraction_key="hit", journal_hit=True, offset=1),
                event_record("FactRecorded", topic="facts.g1"),
                event_record("FactRecorded", topic="facts.g1", **oslo),
                event_record("FactRecorded", topic="facts.g1", user_id="bob", fact_id="b" * 32, status="active"),
                event_record("WindowResolved", topic="facts.g1"),
                event_record("JobChanged", topic="jobs.g1"),
                event_record("JobChanged", topic="jobs.g1", job_id="other", state="failed", last_error="away"),
                letter_record(bad, offset=1),
                letter_record(window, offset=2),
            ]
        )
        yield store


def test_facts_of_a_person_are_the_active_ones_with_their_evidence(store: Store) -> None:
    (fact,) = reads.facts(store.views, "acme", "ann")
    assert (fact.fact_id, fact.object, fact.valid_to) == (OSLO, "Oslo", None)
    assert [proof["quote"] for proof in fact.evidence] == ["I live in Berlin."]
    assert fact.valid_from == datetime(2026, 1, 1, tzinfo=UTC)


def test_facts_of_every_status_can_be_asked_for(store: Store) -> None:
    facts = reads.facts(store.views, "acme", "ann", status="")
    assert {fact.status for fact in facts} == {"active", "superseded"}
    assert len(reads.facts(store.views, "acme", "ann", status="", limit=1)) == 1


def test_nothing_of_another_scope_is_told(store: Store) -> None:
    for org_id, user_id in (("acme", "nobody"), ("other", "ann"), ("acme' OR '1'='1", "ann"), ("", "")):
        assert reads.facts(store.views, org_id, user_id, status="") == []
    for org_id, user_id in (("acme", "nobody"), ("other", "ann"), ("acme' OR '1'='1", "ann")):
        assert reads.latest_jobs(store.views, org_id=org_id, user_id=user_id) == []
    assert [fact.user_id for fact in reads.facts(store.views, "acme", "bob")] == ["bob"]


def test_history_tells_every_interval_in_order(store: Store) -> None:
    held = store.views.query("SELECT fact_id, valid_to FROM facts_history WHERE user_id = 'ann' ORDER BY valid_from")
    assert [(each["fact_id"], each["valid_to"] is None) for each in held] == [(BERLIN, False), (OSLO, True)]


def test_a_conversation_is_read_in_the_order_it_was_said(store: Store) -> None:
    said = store.views.query("SELECT role FROM turns WHERE user_id = 'ann' ORDER BY said_at, log_offset, turn_index")
    assert [turn["role"] for turn in said] == ["user", "assistant"]


@pytest.mark.parametrize("job_id", [JOB, JOB[:8]])
def test_a_job_is_found_by_its_id_or_the_beginning_of_it(store: Store, job_id: str) -> None:
    (job,) = reads.jobs_by_id(store.views, job_id)
    assert (job["job_id"], job["state"]) == (JOB, "completed")
    assert (job["facts_created"], job["dropped"]) == (1, {"no_evidence": 1})
    assert job["cost_usd"] == pytest.approx(42e-6)


def test_a_job_with_this_very_id_hides_those_that_begin_so(clickhouse: LocalClickHouse) -> None:
    ids = ["beginning", "beginning-2"]
    with fresh_store(clickhouse.address) as store:
        store.write([event_record("JobChanged", topic="jobs.g1", job_id=each) for each in ids])
        assert [job["job_id"] for job in reads.jobs_by_id(store.views, "beginning")] == ids[:1]
        assert [job["job_id"] for job in reads.jobs_by_id(store.views, "beginnin")] == ids


def test_too_short_a_beginning_finds_nothing(store: Store) -> None:
    assert reads.jobs_by_id(store.views, JOB[:7]) == []


def test_jobs_can_be_asked_for_by_scope_and_state(store: Store) -> None:
    assert len(reads.latest_jobs(store.views, org_id="acme", user_id="ann")) == 2
    assert len(reads.latest_jobs(store.views, limit=1)) == 1
    assert [job["job_id"] for job in reads.latest_jobs(store.views, state="failed")] == ["other"]


def test_no_job_is_open_once_all_have_ended(store: Store) -> None:
    assert reads.oldest_open_job(store.views) == {
        "open_jobs": 0, "stuck_jobs": 0, "given_up": 0, "job_id": None, "org_id": None, "user_id": None, "state": None,
        "accepted_at": None,
    }  # fmt: skip


def test_dead_letters_come_the_latest_first(store: Store) -> None:
    assert [letter.code for letter in reads.dead_letters(store.views)] == ["EXTRACTION_FAILED", "MALFORMED"]
    assert [letter.code for letter in reads.dead_letters(store.views, org_id="acme")] == ["EXTRACTION_FAILED"]


def test_totals_account_for_every_record_that_was_published(store: Store) -> None:
    totals = reads.totals(store.views)
    assert (totals.accepted, totals.resubmitted, totals.controls, totals.refused) == (1, 1, 2, 1)
    assert totals.published == 5
    assert totals.turns_in == totals.turns_stored + totals.turns_duplicate + totals.turns_conflicting == 4
    assert (totals.extractions, totals.computed, totals.journal_hits) == (2, 1, 1)
    assert (totals.facts, totals.facts_active, totals.windows_resolved, totals.dead_letters) == (3, 2, 1, 2)
    assert totals.jobs == {"completed": 1, "failed": 1}


def test_totals_of_an_empty_store_are_zero(clickhouse: LocalClickHouse) -> None:
    with fresh_store(clickhouse.address) as empty:
        totals = reads.totals(empty.views)
    assert set(totals[:-1]) == {0}
    assert totals.jobs == {}
