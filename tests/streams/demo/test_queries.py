"""What the demonstration asks, over real rows: a run is known by where its records lay."""

from collections.abc import Iterator
from typing import Any

import pytest

from streams.demo.queries import Run, count, count_jobs, facts, jobs
from streams.local.clickhouse.local import LocalClickHouse
from tests.streams.sink.store import Store, event_record, example, fresh_store

pytestmark = pytest.mark.clickhouse
SOURCE = example("SubmissionAccepted")["source"]
LOG_TIME = 1_767_225_600_700


@pytest.fixture(scope="module")
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    def job(offset: int, **more: Any) -> dict[str, Any]:
        source = {**SOURCE, "topic": "turns", "partition": 1, "offset": offset}
        return {"job_id": f"job-{offset}", "source": source, "part": "accepted", **more}

    dry_run: dict[str, Any] = {
        "options": {"dry_run": True},
        "turns": [],
        "turns_in": 4,
        "turns_duplicate": 1,
        "turns_conflicting": 1,
    }
    with fresh_store(clickhouse.address) as store:
        store.write(
            [
                event_record("SubmissionAccepted", offset=1, source={**SOURCE, "offset": 1}),
                event_record("SubmissionAccepted", offset=2, source={**SOURCE, "offset": 2}, job_id="dry", **dry_run),
                event_record("FactRecorded", topic="facts.g1", recorded_at=LOG_TIME),
                event_record("JobChanged", topic="jobs.g1", **job(6, state="completed")),
                event_record("JobChanged", topic="jobs.g1", **job(7, state="completed")),
                event_record("JobChanged", topic="jobs.g1", **job(8, state="buffered")),
            ]
        )
        yield store


def run(offset: int, since: int = 0, topic: str = "turns") -> Run:
    return Run(topic, (99, offset), since)


def test_jobs_of_a_run_lie_at_or_behind_its_start(store: Store) -> None:
    assert count_jobs(store.views, run(7)) == {"buffered": 1, "completed": 1}
    assert count_jobs(store.views, run(0)) == {"buffered": 1, "completed": 2}
    assert count_jobs(store.views, run(9)) == {}
    assert count_jobs(store.views, run(0, topic="others")) == {}
    assert [job.job_id for job in jobs(store.views, run(7), 10)] == ["job-7", "job-8"]
    assert len(jobs(store.views, run(0), 1)) == 1


def test_facts_of_a_run_were_recorded_since_its_start(store: Store) -> None:
    (fact,) = facts(store.views, run(0, since=LOG_TIME), 10)
    assert (fact.org_id, fact.content, fact.quote) == ("acme", "Ann lives in Berlin.", "I live in Berlin.")
    assert facts(store.views, run(0, since=LOG_TIME + 1), 10) == []


def test_a_quote_is_shown_with_the_turn_that_it_stands_in(clickhouse: LocalClickHouse) -> None:
    proofs = [{"turn_id": turn_id, "said_at": 1, "offset": 1, "index": 0} for turn_id in ("silent", "telling")]
    proofs[1]["quote"] = "I live in Berlin."
    with fresh_store(clickhouse.address) as store:
        for number, evidence in enumerate((proofs, proofs[:1])):
            more = {"fact_id": f"{number}", "recorded_at": LOG_TIME, "evidence": evidence}
            store.write([event_record("FactRecorded", topic="facts.g1", offset=number, **more)])
        told = facts(store.views, run(0, since=LOG_TIME), 10)
    assert [(fact.quote, fact.turn_id) for fact in told] == [("I live in Berlin.", "telling"), (None, "silent")]


def test_turns_of_dry_runs_are_counted_beside_the_totals(store: Store) -> None:
    counted = count(store.views)
    assert (counted.totals.accepted, counted.turns_tried) == (2, 2)
