"""The oracle says of small lists what the contract says, and the workload holds everything it promises."""

from typing import Any

import orjson

from tests.faults.oracle import accepted, expected
from tests.faults.publisher import partition
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
