"""The oracle says of small lists what the contract says, and the workload holds everything it promises."""

from hashlib import sha256
from typing import Any

import orjson
import pytest

from tests.faults.oracle import Kinds, accepted, count_kinds, expected, wrongly_stored
from tests.faults.published import partition
from tests.faults.workload import Sent, records

WHO = {"org_id": "o", "user_id": "u", "session_id": "s"}


def sent(**fields: Any) -> Sent:
    return Sent(b"o/u", orjson.dumps(WHO | fields))


def turn(event_id: str, text: str) -> dict[str, Any]:
    return {"role": "user", "text": text, "event_id": event_id, "timestamp": 1}


def codes(*told: Sent) -> dict[str, int]:
    return {code: number for (code, _), number in expected(told).letters.items()}


def test_a_turn_sent_again_is_one_turn_and_no_dead_letter() -> None:
    whole = [sent(turns=[turn("1", "a")]), sent(turns=[turn("1", "a"), turn("2", "b")])]
    assert expected([*whole, *whole]).turns == {("o", "u", "s", "1"): "a", ("o", "u", "s", "2"): "b"}
    assert codes(*whole, *whole) == {}


def test_of_two_turns_with_one_id_the_first_stays_and_the_second_is_a_letter_however_often_it_comes() -> None:
    other = sent(turns=[turn("1", "b"), turn("2", "c")])
    found = expected([sent(turns=[turn("1", "a")]), other, other])
    assert found.turns == {("o", "u", "s", "1"): "a", ("o", "u", "s", "2"): "c"}
    assert codes(sent(turns=[turn("1", "a")]), other, other) == {"TURN_CONFLICT": 1}


def test_a_job_with_other_turns_is_refused_each_time() -> None:
    other = sent(turns=[turn("2", "b")], job_id="j")
    assert codes(sent(turns=[turn("1", "a")], job_id="j"), other, other) == {"IDEMPOTENCY_CONFLICT": 2}
    assert accepted([sent(turns=[turn("1", "a")], job_id="j"), other]) == [sent(turns=[turn("1", "a")], job_id="j")]


def test_what_was_tried_is_not_stored_and_what_is_no_submission_is_a_letter() -> None:
    tried = sent(turns=[turn("1", "a")], options={"dry_run": True})
    invalid, malformed = sent(turns=[{"role": "oracle", "text": "a"}]), Sent(b"o/u", b"{")
    assert expected([tried]).turns == {}
    assert codes(tried, invalid, malformed) == {"VALIDATION_ERROR": 1, "MALFORMED": 1}


ONE, TWO = WHO | turn("1", "a") | {"said_at": 1}, WHO | turn("", "b") | {"said_at": 1}
LETTER = {"code": "MALFORMED", "sha256": sha256(b"{").hexdigest()}
OTHER_LETTER = LETTER | {"sha256": sha256(b"}").hexdigest()}


@pytest.mark.parametrize(
    ("turns", "letters", "told"),
    [
        ([ONE, TWO], [LETTER], []),
        ([TWO, ONE], [LETTER], []),
        ([ONE], [LETTER], ["lost"]),
        ([], [], ["lost", "lost", "dead letter lost"]),
        ([ONE, TWO, TWO], [LETTER], ["doubled"]),
        ([ONE | {"text": "z"}, TWO], [LETTER], ["altered"]),
        ([ONE, TWO, ONE | {"event_id": "3"}], [LETTER], ["unknown"]),
        ([ONE | {"user_id": "v"}, TWO], [LETTER], ["lost", "unknown"]),
        ([ONE, TWO | {"said_at": 2}], [LETTER], ["lost", "unknown"]),
        ([ONE, TWO], [LETTER, LETTER], ["dead letter too many"]),
        ([ONE, TWO], [OTHER_LETTER], ["dead letter lost", "dead letter too many"]),
    ],
    ids=[
        "as sent", "in another order", "a turn lost", "nothing stored", "a turn twice", "another text",
        "a turn too many", "a turn of somebody else", "a turn of another time", "a letter twice", "another letter",
    ],
)  # fmt: skip
def test_what_is_stored_has_to_be_what_was_sent(
    turns: list[dict[str, Any]], letters: list[dict[str, Any]], told: list[str]
) -> None:
    said = [turn("1", "a"), {name: value for name, value in turn("", "b").items() if name != "event_id"}]
    wanted = expected([sent(turns=said), Sent(b"o/u", b"{")])
    assert [line.split(":")[0] for line in wrongly_stored(wanted, turns, letters)] == told


def test_differences_are_counted_by_what_they_mean() -> None:
    told = ["lost: a", "dead letter lost: b", "doubled: c", "dead letter too many: d", "dead letter too many: e"]
    assert count_kinds([*told, "unknown: f", "altered: g", "altered: h"]) == Kinds(lost=2, doubled=3, altered=3)
    assert count_kinds([]) == Kinds(0, 0, 0)


def test_the_workload_is_the_same_each_time_and_holds_every_kind_of_record_on_every_partition() -> None:
    made = records(900, seed=7)
    assert made == records(900, seed=7) != records(900, seed=8)
    assert {code for code, _ in expected(made).letters} == {
        "MALFORMED", "VALIDATION_ERROR", "TURN_CONFLICT", "IDEMPOTENCY_CONFLICT",
    }  # fmt: skip
    assert {partition(each) for each in made} == {0, 1, 2, 3}
    assert len(expected(made).turns) < sum(each.value.count(b'"text"') for each in accepted(made)), "turns come again"
    turns = [name[:3] for name in expected(made).turns]
    assert max(map(turns.count, set(turns))) > 200, "enough to fill segments"
