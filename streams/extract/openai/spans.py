"""An answer that was cut off: what of it counts, and which turns to ask about next.

A model is told to go through the turns in order. So the turns before that of its last whole fact are done, and it goes
on with that one. Where it did not keep the order nothing is sure: the turns are asked again in two halves.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

Span = tuple[int, int]
"""Turns by number: the first, and one past the last."""


class Next(NamedTuple):
    """Of a cut-off answer: the turns it answers for, those to ask about, and how many cannot be split further."""

    answered: Span
    asked: tuple[Span, ...] = ()
    cut_off: int = 0


def after_cut_off(span: Span, first_turns: Sequence[int]) -> Next:
    """`first_turns`: of every whole fact of the answer the first turn that it names."""
    first, past = span
    if past - first <= 1:
        return Next(span, cut_off=1)
    is_in_order = all(before <= after for before, after in pairwise(first_turns))
    last = first_turns[-1] if first_turns else first
    if not first_turns or not is_in_order or not first <= last < past:
        middle = (first + past) // 2
        return Next((first, first), ((first, middle), (middle, past)))
    if last == first:
        return Next((first, first), ((first, first + 1), (first + 1, past)))
    return Next((first, last), ((last, past),))


def counts(first_turn: int | None, answered: Span) -> bool:
    """Whether a fact of an answer for these turns counts; one that names no turn does, as proven by nothing."""
    return first_turn is None or answered[0] <= first_turn < answered[1]
