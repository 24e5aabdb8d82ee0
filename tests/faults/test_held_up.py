"""For how long readers were held up, by looks made up by hand."""

import pytest

from tests.faults.held_up import HeldUp

Look = tuple[float, float, int, int]
"""Begin, end, last stable offset, end of the log."""


@pytest.mark.parametrize(
    ("looks", "longest"),
    [
        ([(0, 1, 5, 5), (10, 11, 5, 5)], 0),
        ([(0, 1, 5, 6), (2, 3, 6, 7), (4, 5, 7, 8)], 0),
        ([(0, 1, 5, 5), (2, 3, 5, 6), (4, 5, 5, 6), (6, 7, 5, 6)], 3),
        ([(0, 1, 5, 6), (30, 31, 5, 7)], 29),
        ([(0, 1, 5, 5), (30, 31, 5, 6), (31, 32, 5, 6)], 0),
        ([(0, 1, 5, 6), (2, 3, 5, 6), (30, 31, 6, 7)], 1),
        ([(0, 1, 5, 6), (3, 4, 5, 5), (5, 6, 5, 6), (7, 8, 5, 6)], 1),
        ([(0, 5, 5, 6), (5, 10, 5, 6)], 0),
    ],
    ids=[
        "nothing to read", "it moves on", "three looks", "no look between", "a gap before it", "a gap behind it",
        "free between two", "slow looks",
    ],
)  # fmt: skip
def test_only_what_is_certain_counts(looks: list[Look], longest: float) -> None:
    held = HeldUp()
    for began, ended, stable, written in looks:
        held.note(("turns", 0), stable=stable, written=written, began=began, ended=ended)
    assert held.longest == longest


def test_the_longest_of_all_partitions_is_named() -> None:
    held = HeldUp()
    for at in (0.0, 4.0, 9.0):
        held.note(("turns", 0), stable=int(at), written=20, began=at, ended=at)
        held.note(("turns", 1), stable=3, written=20, began=at, ended=at)
    assert (held.longest, held.where) == (9.0, "turns/1 at 3")
