"""What counts as paid twice, on calls made up by hand."""

import time
from collections.abc import Sequence

import pytest

from tests.faults.journal import Written, paid_twice
from tests.faults.ledger import Outage
from tests.faults.model import Asked

QUESTION, OTHER = b"q" * 16, b"o" * 16


def said(asked: Sequence[tuple[float, float]], journal: Sequence[float], kills: Sequence[float]) -> list[str]:
    """Asked and answered, journaled and killed at these seconds; beside a question of the same lane that is answered
    at 3 and journaled at 3.1."""
    to_epoch = time.time() - time.monotonic()
    written = {OTHER: [Written(0, 3.1 + to_epoch)]}
    if journal:
        written[QUESTION] = [Written(0, at + to_epoch) for at in journal]
    when = {QUESTION: [Asked(*times) for times in asked], OTHER: [Asked(2.9, 3.0)]}
    return paid_twice(when, written, [Outage(at, at) for at in kills])


@pytest.mark.parametrize(
    ("asked", "journal", "kills"),
    [
        ([(1, 2)], [2.1], []),
        ([(1, 2), (5, 6)], [6.1], [1.5]),
        ([(1, 2), (5, 6)], [6.1], [2.2]),
        ([(1, 2), (5, 6), (9, 10)], [10.1], [1.5, 5.5]),
    ],
    ids=["once", "in flight at a kill", "just answered at a kill", "two kills"],
)
def test_what_has_a_cause_is_not_told(
    asked: list[tuple[float, float]], journal: list[float], kills: list[float]
) -> None:
    assert said(asked, journal, kills) == []


@pytest.mark.parametrize(
    ("asked", "journal", "kills", "why"),
    [
        ([(1, 2), (5, 6)], [6.1], [], "nobody was killed"),
        ([(1, 2), (5, 6)], [6.1], [0.5], "nobody was killed"),
        ([(1, 2), (5, 6)], [6.1], [6.5], "nobody was killed"),
        ([(1, 2), (5, 6)], [2.1, 6.1], [3.0], "after its answer was in the journal"),
        ([(1, 2), (5, 6)], [2.1], [3.0], "after its answer was in the journal"),
        ([(1, 2), (5, 6)], [6.1], [4.0], "one that came later was"),
        ([(1, 2)], [], [], "not in the journal"),
    ],
    ids=[
        "no kill",
        "a kill before",
        "a kill after",
        "journaled before and again",
        "journaled before",
        "passed over",
        "never journaled",
    ],
)
def test_what_has_none_is(asked: list[tuple[float, float]], journal: list[float], kills: list[float], why: str) -> None:
    assert any(why in line for line in said(asked, journal, kills))
