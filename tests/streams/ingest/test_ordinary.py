"""The short ways of ingest: whatever takes one comes out as it would the long way."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.log import FlushRequested, JobResubmitted, SessionEnded
from streams import codec
from streams.ingest import intake
from streams.ingest.accepted import noted
from streams.ingest.receive import TOGETHER, together
from streams.ingest.redact import may_hold_secrets
from streams.ingest.rekey import Origin, Scope
from streams.ports import Record, SourceRecord
from tests.streams.ingest.flow import NOON, Flow, submission, turn
from tests.streams.ingest.test_properties import Step, records_of, run, scripts

SECRET = "AKIA" + "Q7" * 8
TEXTS = ("I live in Oslo.", "Hi", " ", "", "caf\u00e9", "cafe\u0301", "my password is", "hunter2", "x" * 5_000)

ordinary_turns = st.builds(
    lambda **fields: {name: value for name, value in fields.items() if value is not None},
    role=st.sampled_from(["user", "ai"]),
    text=st.sampled_from(TEXTS) | st.just(f"it is {SECRET}"),
    name=st.none() | st.sampled_from(["Ann", "password: hunter22"]),
    event_id=st.none() | st.sampled_from("abcdef"),
    timestamp=st.none() | st.sampled_from([1, 2.5, NOON, "2024-05-01T12:00:00Z", "2024-05-01T12:00:00.5Z"]),
)
ordinary_values = st.builds(
    lambda turns, session_id: orjson.dumps(submission(*turns, session_id=session_id)),
    st.lists(ordinary_turns, min_size=1, max_size=20),
    st.sampled_from(["s", "t"]),
)
ordinary_scripts = st.lists(
    st.tuples(st.sampled_from(["turns", "turns", "ingest-rekeyed"]), ordinary_values)
    | st.tuples(st.just("tick"), st.integers(1, 30)),
    max_size=25,
)


def the_long_way(work: Sequence[Record | int]) -> object:
    """No submission is ordinary, and each is looked at for secrets by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "new_turns", lambda *_: None)
        patch.setattr(intake, "are_clean", lambda _: False)
        return run(work, set(), set())


@settings(max_examples=150, deadline=None)
@given(ordinary_scripts, st.sampled_from([(), (("trace-id", b"t"), ("ce_id", SECRET.encode()))]))
def test_ordinary_records_come_out_as_they_would_the_long_way(
    script: list[Step], headers: tuple[tuple[str, bytes], ...]
) -> None:
    work = [step._replace(headers=headers) if isinstance(step, Record) else step for step in records_of(script)]
    assert run(work, set(), set()) == the_long_way(work)


@settings(max_examples=100, deadline=None)
@given(scripts)
def test_any_records_come_out_as_they_would_the_long_way(script: list[Step]) -> None:
    work = records_of(script)
    assert run(work, set(), set()) == the_long_way(work)


def test_an_ordinary_record_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(intake.Intake, "_submit")
    flow = Flow()
    flow.accept(submission(turn("a", event_id="e"), turn("b", timestamp=1)))
    flow.accept(submission(turn("c")), headers=[("trace-id", b"t")])
    with pytest.raises(AttributeError):
        flow.accept(submission(turn(SECRET)))


@given(st.lists(st.sampled_from([*TEXTS, SECRET, "4111 1111 1111 1111", "4111 1111", "1111 1111"]), max_size=6))
def test_a_look_at_texts_together_sees_whatever_a_look_at_each_does(texts: list[str]) -> None:
    assert may_hold_secrets(texts) or not any(may_hold_secrets([text]) for text in texts)


def test_a_secret_is_found_in_every_place_of_a_record_among_others() -> None:
    """Sent in one chunk with records that hold none."""
    places: list[dict[str, Any]] = [
        submission(turn(SECRET)),
        submission(turn(name=SECRET)),
        submission(turn(event_id=SECRET)),
        submission(turn(observations=[{"content": SECRET}])),
        submission(turn(), session_id=SECRET),
        submission(turn(), job_id=SECRET),
        submission(turn(), tags=[SECRET]),
        submission(turn(), metadata={"a": [SECRET]}),
        {"org_id": "acme", "user_id": "ann", "type": "flush", "session_id": SECRET},
    ]
    for place in places:
        sent = [submission(turn("one")), place, submission(turn("two"))]
        work: list[Record | int] = [
            Record("turns", 0, offset, NOON, None, orjson.dumps(value)) for offset, value in enumerate(sent)
        ]
        outputs, table = run(work, set(), set())
        assert SECRET not in repr((outputs, table))
        assert any(b"[REDACTED:" in (output.value or b"") for output in outputs)


@given(st.lists(st.integers(0, 2 * TOGETHER), max_size=12))
def test_records_are_looked_at_in_groups_that_hold_all_in_order(sizes: list[int]) -> None:
    records: list[SourceRecord] = [Record("turns", 0, at, NOON, None, bytes(size)) for at, size in enumerate(sizes)]
    groups = list(together(records))
    assert [record for group in groups for record in group] == records
    assert all(sum(len(record.value or b"") for record in group[:-1]) < TOGETHER for group in groups)


@given(
    st.sampled_from([SessionEnded, FlushRequested]),
    st.sampled_from([{}, {"password": 2}]),
    st.integers(0, 2),
    st.booleans(),
)
def test_events_without_turns_are_what_their_own_encoding_gives(
    kind: type[SessionEnded | FlushRequested], redactions: dict[str, int], unknown: int, rekeyed: bool
) -> None:
    origin = Origin("turns", 1, 2, NOON, None, (), None, rekeyed)
    scope = Scope("acme", "ann", b"acme/ann", b"", 0)
    event = kind(
        org_id="acme",
        user_id="ann",
        session_id="s",
        headers={"trace-id": "x"},
        redactions=redactions,
        unknown_fields=unknown,
        rekeyed=rekeyed,
        source=origin.coordinate(),
    )
    name = event.event
    assert noted(name, scope, "s", {}, origin, {"trace-id": "x"}, redactions, unknown) == codec.encode(event)


def test_a_job_sent_again_is_told_as_its_own_encoding_would() -> None:
    flow = Flow()
    sent = submission(turn("a", event_id="e"), job_id="j")
    flow.accept(sent)
    for times in (1, 2):
        (event,) = flow.send(sent)
        told = codec.decode_as(JobResubmitted, orjson.dumps(event))
        assert (told.job_id, told.attempt, told.resubmissions, told.turns_in) == ("j", 1, times, 1)
        assert list(orjson.loads(codec.encode(told))) == list(event)
