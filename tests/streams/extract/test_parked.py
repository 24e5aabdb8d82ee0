"""Lines of windows in the table: in, out, and back after a restart."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.extract.parked import Head, Parked, line_of
from streams.extract.parts import MAX_VALUE
from streams.overlay import Overlay

LINES = [line_of(letter * 16, generation) for letter in (b"a", b"b") for generation in (1, 2)]
VALUES = st.sampled_from([b"", b"one\ntwo", b"P" * 5, b"x" * (MAX_VALUE + 1)])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(LINES), st.none() | VALUES), max_size=25), st.integers(1, 3))
def test_a_line_is_first_in_first_out_over_restarts_and_leaves_nothing(
    acts: list[tuple[bytes, bytes | None]], every: int
) -> None:
    state: dict[bytes, bytes] = {}
    parked = Parked(state)
    expected: dict[bytes, list[bytes]] = {line: [] for line in LINES}
    for number, (line, value) in enumerate([*acts, *((line, None) for line in LINES for _ in acts)]):
        overlay = Overlay(state)
        if value is not None:
            parked.park(overlay, line, [("h", value[:3])], value)
            expected[line].append(value)
        elif expected[line]:
            parked.leave(overlay, line)
            expected[line].pop(0)
        state.update(overlay.changes)
        if number % every == 0:
            parked = Parked(state)
        for each in LINES:
            assert (each in parked) == bool(expected[each])
            if each in parked:
                waiting = [*parked.waiting(state, each, 100)]
                assert [part.value for part in waiting] == expected[each]
                assert [part.headers for part in waiting] == [[("h", part.value[:3])] for part in waiting]
    assert not any(state.values())
    assert max(map(len, state.values()), default=0) <= MAX_VALUE


def test_a_line_that_was_looked_at_lets_the_others_go_first() -> None:
    state = Overlay({})
    parked = Parked({})
    for line in LINES:
        parked.park(state, line, (), b"x")
    parked.put_off(state, LINES[0], parked.heads[LINES[0]]._replace(due=9, tries=1, away="m"))
    assert [*parked.heads] == [*LINES[1:], LINES[0]]
    assert Parked(state.changes).heads[LINES[0]] == Head(0, 1, 9, 1, "m")


def test_of_the_next_in_line_nothing_is_known() -> None:
    state = Overlay({})
    parked = Parked({})
    for _ in range(2):
        parked.park(state, LINES[0], (), b"x")
    parked.put_off(state, LINES[0], parked.heads[LINES[0]]._replace(due=9, tries=1, away="m"))
    parked.leave(state, LINES[0])
    assert parked.heads[LINES[0]] == Head(1, 2)
