"""Which value of a slot held when. The order in which statements arrive never matters: only their event times do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple


class Assertion(NamedTuple):
    """A turn said that `fact` holds from `at` on. In this order: later event time, then later in the log, then id."""

    at: int
    offset: int
    place: int
    """Among the turns of its submission."""
    fact: bytes


class Held(NamedTuple):
    """A fact held from `since` until `until`, when `by` took its place; both None: it still does."""

    since: int
    until: int | None = None
    by: bytes | None = None


Times = Sequence[Held]
Timeline = Mapping[bytes, Times]


def arrange(assertions: Iterable[Assertion]) -> Timeline:
    """When each fact of a slot held, in time order; facts that held come first, in the order of their first time.

    Of several assertions for one time the last stands. A fact that never stood gets one empty time: the moment it was
    first asserted for, when another already stood in its place.
    """
    ordered = sorted(assertions)
    holders = {assertion.at: assertion.fact for assertion in ordered}
    runs = [next(run) for _, run in groupby(holders.items(), key=itemgetter(1))]
    held: defaultdict[bytes, list[Held]] = defaultdict(list)
    for (since, fact), (until, by) in pairwise(runs):
        held[fact].append(Held(since, until, by))
    for since, fact in runs[-1:]:
        held[fact].append(Held(since))
    for assertion in ordered:
        if assertion.fact not in held:
            held[assertion.fact].append(Held(assertion.at, assertion.at, holders[assertion.at]))
    return dict(held)


def holds(times: Times) -> bool:
    """Whether a fact with these times holds now."""
    return times[-1].until is None
