"""What a round makes of questions and kills, on ones made up by hand."""

import pytest

from tests.faults.kills import Kill
from tests.faults.ledger import Calls
from tests.faults.report import Killed
from tests.faults.round import about_calls, by_part


def test_a_ledger_that_counts_each_question_once_is_right() -> None:
    assert about_calls(Calls(asked=12, distinct=10, unexplained=0), paid=10, answered=10) == []


@pytest.mark.parametrize(
    ("unexplained", "paid", "answered", "told"),
    [
        (2, 10, 10, "2 questions were asked again"),
        (0, 11, 10, "10 questions, but the ledger has 10 and 11 calls"),
        (0, 9, 9, "10 questions, but the ledger has 9 and 9 calls"),
        (0, 10, 9, "10 questions, but the ledger has 9 and 10 calls"),
    ],
    ids=["asked without a cause", "a call too many", "an answer that is nowhere", "one counted for another"],
)
def test_every_other_ledger_is_told(unexplained: int, paid: int, answered: int, told: str) -> None:
    (line,) = about_calls(Calls(asked=12, distinct=10, unexplained=unexplained), paid=paid, answered=answered)
    assert line.startswith(told)


def test_kills_are_told_by_part_with_the_first_rows_that_came_and_those_that_did_not() -> None:
    kills = [
        Kill("sink", 1.0, 5, 0, watched=True, first_row_s=2.345),
        Kill("ingest", 2.0, 6, 0),
        Kill("sink", 3.0, 7, 0, watched=True),
        Kill("sink", 4.0, 8, 0),
    ]
    assert by_part(kills) == {
        "ingest": Killed(lags=(6,)),
        "sink": Killed(lags=(5, 7, 8), first_row_s=(2.35,), not_measured=1),
    }
