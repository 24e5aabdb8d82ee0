"""The log's main event: byte for byte what the event's own encoding gives, and never too large for the log."""

from collections import Counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.log import SubmissionAccepted
from schemas.submission import MAX_RECORD_BYTES
from streams import codec
from streams.ids import Ids
from streams.ingest.accepted import Decision, accepted, outcome_of
from streams.ingest.decode import Policy
from streams.ingest.redact import redact_submission
from streams.ingest.rekey import Origin, Scope
from tests.streams.ingest.flow import submission, turn
from tests.streams.ingest.test_decode import decode_submission

SCOPE = Scope("acme", "ann", b"acme/ann", b"", 0)
OPEN = Policy(frozenset({"acme"}), frozenset({"big"}))
ROOM = 4 << 20

texts = st.text(max_size=8)
names = st.none() | texts
turns = st.builds(
    turn,
    text=texts,
    role=st.sampled_from(["user", "bot", "document"]),
    name=names,
    timestamp=st.none() | st.just("2024-05-01T12:00:00.5Z"),
    event_id=st.none() | st.text(min_size=1, max_size=4),
    observations=st.none()
    | st.lists(
        st.fixed_dictionaries(
            {"content": st.text(min_size=1, max_size=5)},
            optional={"type": names, "confidence": st.none() | st.floats(0, 1), "occurred_at": st.none() | st.just(0)},
        ),
        max_size=2,
    ),
)
submissions = st.builds(
    lambda turns, fields: submission(*turns) | fields,
    st.lists(turns, min_size=1, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "context": names, "title": names, "document_id": names, "collection_id": names,
            "visibility": st.sampled_from([None, "user", "hive"]), "tags": st.none() | st.lists(texts, max_size=3),
            "metadata": st.dictionaries(texts, texts | st.none() | st.lists(st.integers(-5, 5)), max_size=3),
            "entities": st.lists(st.fixed_dictionaries({"text": st.just("x")}, optional={"type": names}), max_size=2),
            "options": st.fixed_dictionaries(
                {},
                optional={
                    "infer": st.booleans(), "max_facts": st.integers(1, 100), "model": st.sampled_from([None, "big"])
                },
            ),
            "unknown": st.just(1),
        },
    ),
)  # fmt: skip
decisions = st.builds(
    Decision,
    job_id=st.just("j"),
    attempt=st.integers(1, 2),
    new=st.sampled_from([(), ((0, "t0"),)]),
    duplicate=st.integers(0, 2),
    conflicting=st.integers(0, 2),
    weak=st.integers(0, 2),
    outcome=st.sampled_from([None, "completed_empty"]),
    reason=st.sampled_from([None, "no_text"]),
)


@given(submissions, decisions, st.booleans(), st.sampled_from([{}, {"password": 2}]))
def test_it_is_what_the_events_own_encoding_gives(
    sent: dict[str, Any], decision: Decision, rekeyed: bool, redactions: dict[str, int]
) -> None:
    origin = Origin("turns", 1, 2, 1_700_000_000_000, None, (), None, rekeyed)
    event = accepted(SCOPE, decode_submission(sent, OPEN), decision, origin, {"trace-id": "x"}, redactions)
    assert codec.encode(codec.decode_as(SubmissionAccepted, event)) == event


def test_a_turn_without_time_has_its_records_and_says_so() -> None:
    decision = Decision("j", 1, [(0, "t0"), (1, "t1")], 0, 0, 0, None, None)
    sent = decode_submission(submission(turn("a"), turn("b", timestamp=7)))
    event = orjson.loads(accepted(SCOPE, sent, decision, Origin("turns", 0, 0, 123, None, ()), {}, {}))
    assert [(said["said_at"], said.get("time_is_arrival", False)) for said in event["turns"]] == [
        (123, True),
        (7000, False),
    ]


@pytest.mark.parametrize(
    ("sent", "new", "conflicting", "outcome"),
    [
        (submission(turn("a")), 1, 0, (None, None)),
        (submission(turn("a"), turn("b")), 0, 0, ("skipped_duplicate", None)),
        (submission(turn("a"), turn("b")), 0, 1, ("completed_empty", "turn_conflict")),
        (submission(turn(" \n\t")), 1, 0, ("completed_empty", "no_text")),
        (submission(turn("")), 1, 1, ("completed_empty", "no_text")),
        (submission(turn(""), turn("b")), 1, 0, ("completed_empty", "no_text")),
        (submission(turn("", observations=[{"content": "c"}])), 1, 0, (None, None)),
        (submission(turn("a"), options={"write_passive": False}), 1, 0, ("completed_empty", "write_passive_off")),
        (submission(turn("a"), options={"write_passive": False}), 0, 0, ("skipped_duplicate", None)),
    ],
)
def test_a_job_with_nothing_to_extract_ends_here(
    sent: dict[str, Any], new: int, conflicting: int, outcome: tuple[str | None, str | None]
) -> None:
    found = [(index, f"t{index}") for index in range(new)]
    assert outcome_of(decode_submission(sent), found, conflicting) == outcome


@pytest.mark.parametrize(
    "fill",
    [
        lambda: {"turns": [turn("a://:b@c://:abc@ " * 400)] * 130},
        lambda: {"turns": [turn("pwd:1234 " * 580)] * 190},
        lambda: {"turns": [turn("\x01\x02" * 850)] * 100},
        lambda: {"turns": [turn("", observations=[{"content": "x"}] * 100)] * 200},
        lambda: {"turns": [turn("é€😀" * 550)] * 200},
    ],
)
def test_what_fits_in_fits_out(fill: Any) -> None:
    sent = submission(**fill())
    record = orjson.dumps(sent)
    assert MAX_RECORD_BYTES * 0.3 < len(record) <= MAX_RECORD_BYTES
    redactions: Counter[str] = Counter()
    cleaned = redact_submission(Ids("a key for tests"), decode_submission(sent), redactions)
    decision = Decision("j" * 256, 1, [(n, "t" * 32) for n in range(len(sent["turns"]))], 0, 0, 0, None, None)
    event = accepted(SCOPE, cleaned, decision, Origin("turns", 1, 2, 3, None, ()), {}, redactions)
    assert len(event) / len(record) < 4 - 1 / 8
    assert len(event) < ROOM
