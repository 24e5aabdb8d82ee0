"""The stage at its edges: records in, effects out, and the same for every split into chunks."""

from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dead_letter import from_record
from schemas.extraction import Evidence, GenerationDropped, WindowExtracted
from schemas.log import SessionEnded
from schemas.topics import facts_topic, jobs_topic
from streams.codec import encode
from streams.ports import Chunk, Effects
from streams.resolve.agents import build
from streams.settings import Settings
from tests.streams.resolve.examples import (
    Run,
    Stored,
    candidate,
    dry_run,
    extracted,
    failed,
    hash_of,
    lives_in,
    proof,
    run_all,
    share,
)

CITIES = ("Berlin", "Oslo", "Rome")


class Statement(NamedTuple):
    turn: int
    said_at: int
    city: str
    occurred: int | None

    def evidence(self) -> Evidence:
        """Where a turn lies in the log is a matter of the turn."""
        return proof(self.turn, self.said_at, offset=self.turn // 2, index=self.turn % 2)


STATEMENTS = st.lists(
    st.builds(Statement, st.integers(0, 9), st.just(0), st.sampled_from(CITIES), st.none() | st.integers(0, 4)).map(
        lambda one: one._replace(said_at=one.turn // 3)  # several turns share a time
    ),
    min_size=1,
    max_size=10,
)


def window_of(number: int, statements: list[Statement], kind: str) -> WindowExtracted:
    jobs = (share(f"job-{number % 3}", total=2), share("job-all", total=4, tokens=number))
    candidates = [lives_in(one.city, one.evidence(), occurred_start=one.occurred) for one in statements]
    candidates += [candidate(f"Ann was {one.turn % 4} times in {one.city}.", one.evidence()) for one in statements]
    owners = {hash_of(one.turn): jobs[one.turn % 2].job_id for one in statements}
    fields: dict[str, Any] = {
        "jobs": jobs,
        "unit_jobs": owners,
        "closed_at": number,
        "cost_micros": 7,
        "generation": 1 + (number == 4),
    }
    if kind == "failed":
        return failed(number, **fields)
    return (dry_run if kind == "dry run" else extracted)(number, *candidates, **fields)


WINDOWS = st.lists(
    st.builds(
        window_of,
        st.integers(0, 6),  # windows repeat
        STATEMENTS,
        st.sampled_from(["extracted", "extracted", "dry run", "failed"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=40)
@given(WINDOWS, st.sets(st.integers(1, 7)))
def test_any_split_into_chunks_gives_the_same_outputs_and_state(windows: list[WindowExtracted], cuts: set[int]) -> None:
    one, many = run_all(windows), run_all(windows, cuts)
    assert [(o.topic, o.key, o.value) for o in one.outputs] == [(o.topic, o.key, o.value) for o in many.outputs]
    assert one.state == many.state


@settings(deadline=None, max_examples=40)
@given(STATEMENTS, st.randoms(use_true_random=False), st.integers(1, 3))
def test_any_order_of_arrival_gives_the_same_times_status_and_confirmations(
    statements: list[Statement], random: object, size: int
) -> None:
    def final(order: list[Statement]) -> dict[str, tuple[object, ...]]:
        run = Run()
        for number in range(0, len(order), size):
            stated = [lives_in(one.city, one.evidence(), occurred_start=one.occurred) for one in order[number:][:size]]
            run.take(extracted(number, *stated))
        return {
            content: (fact.status, fact.intervals, fact.superseded_by, fact.confirmations, fact.evidence)
            for content, fact in run.facts.items()
        }

    shuffled = list(statements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert final(shuffled) == final(statements)


@settings(deadline=None, max_examples=40)
@given(WINDOWS)
def test_results_that_come_again_change_nothing(windows: list[WindowExtracted]) -> None:
    run = run_all(windows)
    before = dict(run.state)
    assert run.take(*windows, *windows) == []
    assert run.state == before


@settings(deadline=None, max_examples=40)
@given(WINDOWS)
def test_revisions_of_a_fact_and_of_a_job_count_without_a_gap(windows: list[WindowExtracted]) -> None:
    seen: dict[object, int] = {}
    for event in run_all(windows).events:
        name = getattr(event, "fact_id", None) or getattr(event, "job_id", None)
        if name is not None:
            revision = event.revision  # type: ignore[attr-defined]
            assert revision == seen.get(name, 0) + 1
            seen[name] = revision


def test_processing_twice_from_one_state_gives_the_same() -> None:
    state: dict[bytes, bytes] = {}
    stage = build(Settings())(0, state)
    record = Stored(0, encode(extracted(1, lives_in("Oslo", proof(1)))))
    chunk = Chunk("results", 0, [record], 0, 1)
    assert stage.process(chunk, state) == stage.process(chunk, state)
    assert state == {}


def test_facts_and_jobs_go_to_the_topics_of_their_generation_under_the_scope() -> None:
    run = Run(Settings(generation=7))
    run.take(extracted(1, lives_in("Oslo", proof(1)), generation=7, org_id="a/b", user_id="c"))
    assert [(output.topic, output.key) for output in run.outputs] == [
        (facts_topic(7), b"a%2Fb/c"),
        (facts_topic(7), b"a%2Fb/c"),
        (jobs_topic(7), b"a%2Fb/c"),
    ]


def test_results_of_other_generations_are_passed_over() -> None:
    run = Run(Settings(generation=2))
    assert run.take(extracted(1, lives_in("Oslo", proof(1)))) == []
    assert run.state == {}


def test_what_is_said_of_a_dropped_generation_is_passed_over() -> None:
    chunk = Chunk("results", 3, [Stored(0, encode(GenerationDropped(generation=1)), None)], 0, 1)
    effects = build(Settings())(3, {}).process(chunk, {})
    assert isinstance(effects, Effects)
    assert (list(effects.outputs), effects.changes) == ([], {})


def test_headers_go_along_and_each_job_has_its_trace() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1)), jobs=(share("a"), share("b"))))
    fact, window, *jobs = (dict(output.headers) for output in run.outputs)
    assert fact == {"trace-id": b"trace-b"}, "of the last job that told it"
    assert window == {"trace-id": b"t-1"}
    assert jobs == [{"trace-id": b"trace-a"}, {"trace-id": b"trace-b"}]


def test_a_failed_window_is_a_dead_letter_with_its_bytes_and_may_be_tried_again() -> None:
    run = Run()
    result = failed(1, "no usable answer", attempts=3, unit_jobs={hash_of(1): "job-1"})
    run.take(result)
    [output] = [output for output in run.outputs if output.topic == "dead-letters"]
    letter = from_record(output.value, output.headers).letter
    assert (letter.code, letter.message, letter.stage, letter.subject) == (
        "EXTRACTION_FAILED",
        "no usable answer",
        "resolve",
        "window",
    )
    assert (letter.topic, letter.partition, letter.offset, letter.value) == ("results", 3, 0, encode(result))
    assert (letter.org_id, letter.user_id, letter.session_id, letter.job_id) == ("acme", "ann", "talk", "job-1")
    assert (letter.turn_ids, letter.attempt, letter.retryable) == ((hash_of(1),), 3, True)
    assert letter.generation == result.generation
    assert dict(letter.headers)["trace-id"] == b"t-1"


def test_a_failed_window_that_comes_again_is_one_dead_letter() -> None:
    run = Run()
    run.take(failed(1), failed(1))
    run.take(failed(1))
    assert [output.topic for output in run.outputs].count("dead-letters") == 1


def test_dead_letters_can_do_without_the_bytes() -> None:
    run = Run(Settings(keep_dead_letter_bytes=False))
    run.take(failed(1))
    [output] = [output for output in run.outputs if output.topic == "dead-letters"]
    assert output.value == b""


@pytest.mark.parametrize(
    "value",
    [None, b"", b"{", encode(SessionEnded.model_validate(orjson.loads(b"""{"org_id": "a", "user_id": "b",
        "session_id": "c", "source": {"topic": "t", "partition": 0, "offset": 0, "timestamp": 0}}""")))],
    ids=["tombstone", "empty", "broken", "another event"],
)  # fmt: skip
def test_what_extract_cannot_have_written_stops_the_stage(value: bytes | None) -> None:
    stage = build(Settings())(0, {})
    with pytest.raises((ValueError, TypeError)):
        stage.process(Chunk("results", 0, [Stored(0, value)], 0, 1), {})
