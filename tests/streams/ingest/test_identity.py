"""Which turn, which job, and what "the same again" means."""

import unicodedata
from typing import Any

import pytest

from streams.ids import Ids
from streams.ingest.decode import ReadSubmission
from streams.ingest.identity import Identity
from streams.ingest.rekey import Origin
from tests.streams.ingest.flow import submission, turn
from tests.streams.ingest.test_decode import decode_submission

IDS = Ids("a key for tests")
CONVERSATION = IDS.conversation("acme", "ann", "s")
TIME = "2024-05-01T12:00:00Z"


def identify(sent: dict[str, Any], offset: int = 7) -> Identity:
    read = decode_submission(sent)
    assert isinstance(read, ReadSubmission)
    return Identity(IDS, CONVERSATION, read, Origin("turns", 1, offset, 0, None, ()))


def turn_ids(sent: dict[str, Any], offset: int = 7) -> list[str]:
    return [identity.turn_id for identity in identify(sent, offset).turns]


def test_an_event_id_is_the_turn_whatever_it_says() -> None:
    first = turn_ids(submission(turn("a", event_id="e", timestamp=TIME)))
    assert first == turn_ids(submission(turn("b", role="ai", event_id="e"))) == [IDS.turn_by_event(CONVERSATION, "e")]
    assert identify(submission(turn(event_id="e"))).weak == 0


def test_a_time_makes_role_name_and_text_a_turn() -> None:
    said = [turn("é", timestamp=TIME), turn(unicodedata.normalize("NFD", "é"), timestamp="2024-05-01T14:00:00+02:00")]
    assert turn_ids(submission(said[0])) == turn_ids(submission(said[1]))
    others = [turn("e", timestamp=TIME), turn("é", role="ai", timestamp=TIME), turn("é", name="A", timestamp=TIME)]
    others.append(turn("é", timestamp="2024-05-01T12:00:00.001Z"))
    assert len({*turn_ids(submission(said[0])), *turn_ids(submission(*others))}) == 5


def test_a_lone_turn_without_either_is_its_record_or_its_job() -> None:
    assert turn_ids(submission(turn("yes")), 7) != turn_ids(submission(turn("yes")), 8)
    with_job = submission(turn("yes"), job_id="j")
    assert turn_ids(with_job, 7) == turn_ids(with_job, 8) == [IDS.turn_by_job(CONVERSATION, "j")]
    assert identify(with_job).weak == 1


def test_weak_turns_among_others_are_their_place_in_the_whole_list() -> None:
    transcript = [turn("hi"), turn("hi"), turn("known", event_id="e"), turn("bye")]
    once, again = identify(submission(*transcript), 7), identify(submission(*transcript), 8)
    assert once.turns == again.turns
    assert once.weak == 3
    assert len(set(once.turns)) == 4
    longer = turn_ids(submission(*transcript, turn("more")))
    assert set(turn_ids(submission(*transcript))) & set(longer) == {IDS.turn_by_event(CONVERSATION, "e")}


@pytest.mark.parametrize(
    "other",
    [
        submission(turn("b", event_id="e", timestamp=TIME)),
        submission(turn("a", event_id="e", timestamp=TIME, role="tool")),
        submission(turn("a", event_id="e", timestamp=TIME, name="Ann")),
        submission(turn("a", event_id="f", timestamp=TIME)),
        submission(turn("a", event_id="e")),
        submission(turn("a", event_id="e", timestamp=TIME, observations=[{"content": "c"}])),
        submission(turn("a", event_id="e", timestamp=TIME), turn("b", event_id="f")),
        submission(turn("a", event_id="e", timestamp=TIME), options={"infer": False}),
    ],
)
def test_other_turns_or_options_are_another_submission(other: dict[str, Any]) -> None:
    same = submission(turn("a", event_id="e", timestamp=TIME), job_id="j")
    assert identify(same).fingerprint != identify(other).fingerprint


def test_arrival_and_labels_do_not_make_another_submission() -> None:
    same = submission(turn("a", event_id="e", timestamp=TIME), job_id="j")
    other = same | {"title": "t", "tags": ["x"], "options": {"infer": True}}
    assert identify(same, 7).fingerprint == identify(other, 8).fingerprint
    assert identify(same, 7).computed_job_id == identify(other, 8).computed_job_id


def test_a_job_is_the_callers_or_computed() -> None:
    assert identify(submission(job_id="j")).job_id == "j"
    computed = identify(submission(turn(event_id="e")))
    assert computed.job_id == computed.computed_job_id
    assert computed.job_id != identify(submission(turn(event_id="e"), options={"max_facts": 1})).job_id
