"""The order in which statements arrive never matters."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.resolve.timeline import Assertion, Held, arrange, holds

BERLIN, OSLO, ROME = b"berlin", b"oslo", b"rome"
ASSERTIONS = st.lists(
    st.builds(
        Assertion, st.integers(0, 6), st.integers(0, 3), st.integers(0, 1), st.sampled_from([BERLIN, OSLO, ROME])
    ),
    min_size=1,
    max_size=20,
)


def at(time: int, fact: bytes, offset: int = 0, place: int = 0) -> Assertion:
    return Assertion(time, offset, place, fact)


def test_one_value_holds_from_its_event_time_on() -> None:
    assert arrange([at(2020, BERLIN)]) == {BERLIN: [Held(2020)]}


def test_berlin_oslo_berlin_is_berlin_twice() -> None:
    assert arrange([at(2020, BERLIN), at(2021, OSLO), at(2022, BERLIN)]) == {
        BERLIN: [Held(2020, 2021, OSLO), Held(2022)],
        OSLO: [Held(2021, 2022, BERLIN)],
    }


def test_the_same_value_again_prolongs_one_interval() -> None:
    assert arrange([at(2020, BERLIN), at(2021, BERLIN), at(2022, BERLIN)]) == {BERLIN: [Held(2020)]}


def test_an_older_statement_that_comes_late_splits_what_held_around_it() -> None:
    assert arrange([at(2020, BERLIN), at(2022, BERLIN), at(2021, OSLO)])[BERLIN] == [
        Held(2020, 2021, OSLO),
        Held(2022),
    ]


def test_a_split_begins_again_at_the_nearest_statement() -> None:
    """Statements inside an interval are not forgotten: one of them is where the value is known to hold again."""
    known = [at(time, BERLIN) for time in (2020, 2021, 2023, 2024)]
    assert arrange([*known, at(2022, OSLO)])[BERLIN] == [Held(2020, 2022, OSLO), Held(2023)]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (at(5, OSLO, offset=1), at(5, BERLIN, offset=2)),
        (at(5, OSLO, offset=1, place=0), at(5, BERLIN, offset=1, place=1)),
        (at(5, BERLIN), at(5, OSLO)),
    ],
    ids=["offset", "place in its submission", "fact id"],
)
def test_ties_are_broken_by_offset_then_place_then_fact_id(first: Assertion, last: Assertion) -> None:
    for order in ([first, last], [last, first]):
        assert arrange(order) == {last.fact: [Held(5)], first.fact: [Held(5, 5, last.fact)]}


def test_a_value_replaced_at_its_own_time_does_not_interrupt_what_holds_around_it() -> None:
    times = arrange([at(1, BERLIN), at(5, OSLO, offset=1), at(5, BERLIN, offset=2)])
    assert times == {BERLIN: [Held(1)], OSLO: [Held(5, 5, BERLIN)]}


@settings(deadline=None)
@given(ASSERTIONS, st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same_timeline(assertions: list[Assertion], random: object) -> None:
    shuffled = [*assertions, *assertions[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert list(arrange(shuffled).items()) == list(arrange(assertions).items())


@settings(deadline=None)
@given(ASSERTIONS)
def test_at_every_moment_exactly_one_value_holds(assertions: list[Assertion]) -> None:
    timeline = arrange(assertions)
    assert timeline.keys() == {assertion.fact for assertion in assertions}
    for moment in range(min(assertions).at, 8):
        latest = max(assertion for assertion in assertions if assertion.at <= moment)
        holding = [
            fact
            for fact, times in timeline.items()
            if any(time.since <= moment and (time.until is None or moment < time.until) for time in times)
        ]
        assert holding == [latest.fact]


@settings(deadline=None)
@given(ASSERTIONS)
def test_the_greatest_assertion_holds_now_and_no_other(assertions: list[Assertion]) -> None:
    assert [fact for fact, times in arrange(assertions).items() if holds(times)] == [max(assertions).fact]


@settings(deadline=None)
@given(ASSERTIONS)
def test_intervals_of_a_value_never_touch(assertions: list[Assertion]) -> None:
    for times in arrange(assertions).values():
        for earlier, later in pairwise(times):
            assert earlier.until is not None
            assert earlier.since < earlier.until < later.since
