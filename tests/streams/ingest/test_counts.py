"""What ingest counts of a chunk is what it decided, and a record costs the counting nothing it would notice."""

import orjson

from streams.ingest.agents import build
from streams.ports import Chunk, Record
from streams.settings import Settings
from tests.streams.ingest.flow import NOON, Flow, submission, turn

SECRET = "AKIA" + "IOSFODNN7EXAMPLE"


def counts(*sent: object) -> dict[tuple[str, str], int]:
    """Of one chunk, without what was not met."""
    records = [
        Record("turns", 0, offset, NOON, b"acme/ann", value if isinstance(value, bytes) else orjson.dumps(value))
        for offset, value in enumerate(sent)
    ]
    effects = build(Settings(partitions=1))(0, {}).process(Chunk("turns", 0, records, 0, len(records)), {})
    return {key: number for key, number in effects.counts.items() if number}


def test_submissions_and_turns() -> None:
    first, again = turn("I live in Oslo.", event_id="e1"), turn("I live in Rome.", event_id="e1")
    assert counts(
        submission(first, turn("yes")),
        submission(first, turn("more", event_id="e2")),
        submission(again, turn("new", event_id="e3")),
    ) == {
        ("submissions_accepted", ""): 3,
        ("turns", "new"): 4,
        ("turns", "duplicate"): 1,
        ("turns", "conflicting"): 1,
        ("turns", "weak"): 1,
        ("dead_letters", "TURN_CONFLICT"): 1,
    }


def test_what_is_sent_again_refused_or_not_known() -> None:
    sent = {**submission(turn(f"my key is {SECRET}", event_id="e1")), "colour": "red"}
    assert counts(sent, sent, b"not json", {"org_id": "acme", "user_id": "ann", "turns": []}) == {
        ("submissions_accepted", ""): 1,
        ("turns", "new"): 1,
        ("redactions", "aws_key"): 1,
        ("unknown_fields", ""): 1,
        ("submissions_resubmitted", ""): 1,
        ("submissions_refused", "MALFORMED"): 1,
        ("submissions_refused", "VALIDATION_ERROR"): 1,
        ("dead_letters", "MALFORMED"): 1,
        ("dead_letters", "VALIDATION_ERROR"): 1,
    }


def test_secrets_in_the_names_of_what_brings_no_turns_are_counted_too() -> None:
    sent = {**submission(turn("hi", event_id="e1")), "session_id": f"in {SECRET}", "job_id": f"of {SECRET}"}
    assert counts(sent)["redactions", "aws_key"] == 2
    assert counts(sent, sent)["redactions", "aws_key"] == 4
    assert counts({**sent, "turns": []})["redactions", "aws_key"] == 2, "the refusal's own names"
    ended = {"org_id": "acme", "user_id": "ann", "type": "session_ended", "session_id": f"in {SECRET}"}
    assert counts(ended)["redactions", "aws_key"] == 1
    conflict = {**sent, "job_id": "other", "turns": [turn("ho", event_id="e1")]}
    assert counts(sent, conflict)["redactions", "aws_key"] == 3, "once, not again for the dead letter"


def test_their_events_hold_the_number() -> None:
    flow, names = Flow(), {"session_id": f"in {SECRET}", "job_id": f"of {SECRET}"}
    sent = {**submission(turn("hi", event_id="e1")), **names}
    flow.send(sent)
    (again,) = flow.send(sent)
    (ended,) = flow.send({"org_id": "acme", "user_id": "ann", "type": "session_ended", "session_id": f"in {SECRET}"})
    assert (again["event"], again["redactions"]) == ("JobResubmitted", {"aws_key": 2})
    assert (ended["event"], ended["redactions"]) == ("SessionEnded", {"aws_key": 1})


def test_nothing_is_counted_of_nothing() -> None:
    assert counts() == {}
