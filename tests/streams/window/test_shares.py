"""What is said about jobs, and their shares of windows."""

from typing import Any

import orjson
import pytest

from schemas.extraction import JobShare
from schemas.log import Hint, Options
from streams import codec
from tests.streams.window.log import SOURCE, START, Log, cut


def test_a_job_whose_turns_wait_is_buffered_at_once_then_processing() -> None:
    log = Log()
    log.say(0, "one", job="j")
    log.end(5)
    jobs = cut(log).jobs
    assert [(job.part, job.revision, job.state) for job in jobs] == [
        ("accepted", 1, "buffered"),
        ("windows", 2, "processing"),
    ]
    assert jobs[0].buffered_at == jobs[1].buffered_at == jobs[0].at == START
    assert jobs[1].processing_at == jobs[1].at == START + 5_000
    assert [job.windows for job in jobs] == [0, 1]


def test_a_job_whose_turns_never_wait_is_not_buffered() -> None:
    log = Log()
    log.say(0, "one", "two", job="j", flush=True)
    outcome = cut(log)
    assert outcome.states("j") == [("accepted", 1, "accepted"), ("windows", 2, "processing")]
    assert outcome.jobs[1].buffered_at is None


def test_a_job_over_several_windows_is_processing_when_its_last_one_closes() -> None:
    log = Log()
    log.say(0, *"abcde", job="j")
    outcome = cut(log, turns=2)
    assert outcome.states("j") == [("accepted", 1, "buffered")]
    assert outcome.jobs[-1].windows == 2
    log.end(1)
    outcome = cut(log, turns=2)
    assert outcome.jobs[-1].state == "processing"
    assert outcome.jobs[-1].windows == 3
    shares = [window.jobs for window in outcome.windows]
    assert [(share.units, share.total) for (share,) in shares] == [(2, 5), (2, 5), (1, 5)]


def test_a_window_names_the_share_of_each_of_its_jobs() -> None:
    log = Log()
    log.say(0, "x" * 8, job="a", headers={"trace-id": "ta"})
    log.say(1, "x" * 4, "x" * 12, "x" * 4, job="b", attempt=2, headers={"trace-id": "tb"})
    outcome = cut(log, turns=3)
    assert outcome.windows[0].jobs == (
        JobShare(job_id="a", units=1, total=1, tokens=2, trace_id="ta"),
        JobShare(job_id="b", attempt=2, units=2, total=3, tokens=4, trace_id="tb"),
    )
    assert outcome.states("a")[-1] == ("windows", 2, "processing")
    assert outcome.states("b")[-1] == ("accepted", 1, "buffered")
    assert {job.attempt for job in outcome.jobs if job.job_id == "b"} == {2}


def test_what_was_accepted_is_told_completely() -> None:
    log = Log()
    options: dict[str, Any] = {"max_facts": 7, "model": "small"}
    told: dict[str, Any] = {
        "title": "A title",
        "document_id": "d",
        "collection_id": "c",
        "visibility": "knowledge",
        "tags": ("x", "y"),
        "metadata": {"n": 1, "deep": {"list": [1, None, "z"]}},
    }
    counts: dict[str, Any] = {"turns_in": 9, "turns_duplicate": 3, "turns_conflicting": 2, "turns_weak": 4}
    log.say(0, "one", "two", job="j", headers={"trace-id": "t", "ce_id": "7"}, **options, **told, **counts)
    job = cut(log).jobs[0]
    assert {name: getattr(job, name) for name in told} == told
    assert {name: getattr(job, name) for name in counts} == counts
    assert (job.turns_stored, job.trace_id, job.session_id, job.source) == (2, "t", "s1", SOURCE)
    assert job.options == Options(**options)


def test_a_dry_run_stores_no_turns() -> None:
    log = Log()
    log.say(0, "one", dry_run=True)
    assert cut(log).jobs[0].turns_stored == 0


@pytest.mark.parametrize("outcome", ["skipped_duplicate", "completed_empty"])
def test_a_job_that_ended_in_ingest_says_so_and_why(outcome: str) -> None:
    log = Log()
    log.say(0, "one", job="j", outcome=outcome, reason="because")
    found = cut(log)
    assert [(job.state, job.reason) for job in found.jobs] == [(outcome, "because")]
    assert found.state == {}


def test_a_job_with_nothing_to_extract_ends_even_if_ingest_did_not_say_so() -> None:
    log = Log()
    log.say(0, "  ", job="j")
    assert [(job.state, job.reason) for job in cut(log).jobs] == [("completed_empty", "nothing_to_extract")]


def test_a_refused_submission_is_a_dead_lettered_job() -> None:
    log = Log()
    log.refuse(3, "j")
    (job,) = cut(log).jobs
    assert (job.part, job.revision, job.state, job.at) == ("accepted", 1, "dead_lettered", START + 3_000)
    assert (job.reason, job.error) == ("TOO_LARGE", "turns.0.text: too long")
    assert (job.trace_id, job.source) == ("abc", SOURCE)


def test_a_resubmission_is_counted_and_closes_nothing() -> None:
    log = Log()
    log.say(0, "one", job="j")
    log.resubmit(1, "j", times=1)
    log.resubmit(2, "j", times=2)
    outcome = cut(log)
    assert outcome.windows == []
    again = [job for job in outcome.jobs if job.part == "resubmitted"]
    assert [(job.revision, job.state, job.resubmissions) for job in again] == [(1, "accepted", 1), (2, "accepted", 2)]


def test_events_are_written_as_the_codec_would() -> None:
    log = Log()
    log.say(0, "one", "a sentence. " * 20, "three", entities=(Hint(text="Ann"),), context="home", model="m")
    log.resubmit(1, "j10")
    log.refuse(2, "other")
    log.end(3)
    for output in cut(log, tokens=20).outputs:
        value = output.value or b""
        assert orjson.loads(codec.encode(codec.decode(value))) == orjson.loads(value)
