"""Which kills explain that a question came twice."""

import pytest

from tests.faults.ledger import Outage, count_calls
from tests.faults.model import Asked

FIRST, AGAIN = Asked(10.0, 11.0), Asked(20.0, 21.0)


def test_a_question_that_came_once_needs_no_cause() -> None:
    assert count_calls({b"a": [FIRST], b"b": [AGAIN]}, []) == (2, 2, 0)


@pytest.mark.parametrize(
    ("outage", "unexplained"),
    [
        (Outage(10.5, 13.0), 0),  # while it was asked
        (Outage(12.0, 14.0), 0),  # before its answer was committed
        (Outage(8.0, 10.2), 0),  # the broker was away when it was asked
        (Outage(7.0, 9.0), 1),  # before it was asked at all
        (Outage(17.0, 18.0), 0),  # before it was asked again
        (Outage(20.5, 22.0), 1),  # afterwards
    ],
)
def test_a_question_that_came_twice_needs_a_kill_between_the_times(outage: Outage, unexplained: int) -> None:
    assert count_calls({b"a": [FIRST, AGAIN]}, [outage]) == (2, 1, unexplained)


def test_each_repeat_needs_a_cause_of_its_own() -> None:
    third = Asked(30.0, 31.0)
    assert count_calls({b"a": [FIRST, AGAIN, third]}, [Outage(10.5, 13.0)]).unexplained == 1
