"""Whether and when a question is asked again, and with which turns."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.extract.openai.retry import Kind, Policy, Tried, Trouble, decide
from streams.extract.openai.spans import after_cut_off

POLICY = Policy(attempts=3, patience_s=60, first_s=0.5)


def waits(kind: Kind, *, retry_after_s: float | None = None, policy: Policy = POLICY) -> list[float]:
    """How long it waits before each new attempt, until it gives up."""
    tried = Tried()
    waited: list[float] = []
    for _ in range(50):
        again = decide(Trouble(kind, "", retry_after_s), tried, policy, spread=0)
        if again is None:
            return waited
        tried = again.tried
        waited.append(again.wait_s)
    raise AssertionError("it never gives up")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("busy", [0.5, 1, 2, 4, 8, 16, 20]),
        ("unknown", [0.5, 1]),
        ("unusable", [0, 0]),
        ("late", []),
        ("blocked", []),
        ("permanent", []),
    ],
)
def test_each_trouble_has_its_patience(kind: Kind, expected: list[float]) -> None:
    assert waits(kind) == expected


def test_the_server_says_when_it_wants_to_be_asked_and_is_never_asked_before() -> None:
    assert waits("busy", retry_after_s=25) == [25, 25]
    assert waits("busy", retry_after_s=61) == []
    assert waits("unknown", retry_after_s=5) == [5, 5]


def test_troubles_of_all_kinds_share_the_attempts() -> None:
    tried = Tried()
    for kind in ("unknown", "busy", "unusable"):
        again = decide(Trouble(kind, ""), tried, POLICY, spread=0)
        assert again is not None
        tried = again.tried
    assert tried.failed == 2
    assert decide(Trouble("unknown", ""), tried, POLICY, spread=0) is None


def test_questions_that_failed_together_come_again_one_after_another() -> None:
    spread = [decide(Trouble("busy", "", 10), Tried(), POLICY, spread=part) for part in (0, 0.5, 1)]
    assert [again.wait_s for again in spread if again] == [10, 11.25, 12.5]


@pytest.mark.parametrize(
    ("span", "firsts", "answered", "asked", "cut_off"),
    [
        ((0, 5), [0, 0, 2, 3], (0, 3), ((3, 5),), 0),
        ((0, 5), [0, 0], (0, 0), ((0, 1), (1, 5)), 0),
        ((0, 5), [], (0, 0), ((0, 2), (2, 5)), 0),
        ((0, 5), [3, 1], (0, 0), ((0, 2), (2, 5)), 0),
        ((2, 5), [0, 1], (2, 2), ((2, 3), (3, 5)), 0),
        ((4, 5), [4], (4, 5), (), 1),
        ((4, 5), [], (4, 5), (), 1),
    ],
)
def test_an_answer_that_was_cut_off_goes_on_where_it_is_sure(
    span: tuple[int, int],
    firsts: list[int],
    answered: tuple[int, int],
    asked: tuple[tuple[int, int], ...],
    cut_off: int,
) -> None:
    assert after_cut_off(span, firsts) == (answered, asked, cut_off)


@given(st.data())
def test_every_turn_is_answered_exactly_once_however_often_answers_are_cut_off(data: st.DataObject) -> None:
    waiting, answered, calls = [(0, 12)], [], itertools.count()
    while waiting:
        assert next(calls) < 100
        span = waiting.pop(0)
        if data.draw(st.booleans()):
            answered.append(span)
            continue
        following = after_cut_off(span, data.draw(st.lists(st.integers(-1, 13), max_size=4)))
        answered.append(following.answered)
        waiting = [*following.asked, *waiting]
    assert [turn for first, past in answered for turn in range(first, past)] == list(range(12))
