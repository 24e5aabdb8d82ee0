"""What the model was asked against the kills: nothing is paid twice without a cause."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.faults.model import Asked


class Outage(NamedTuple):
    """From when until when extract or its broker was away (monotonic seconds)."""

    begin: float
    end: float


class Calls(NamedTuple):
    """`asked`: all questions; `distinct`: of them, each once; `unexplained`: asked again though nobody was killed."""

    asked: int
    distinct: int
    unexplained: int

    @property
    def repeated(self) -> int:
        return self.asked - self.distinct


def count_calls(asked_when: Mapping[bytes, Sequence[Asked]], outages: Iterable[Outage]) -> Calls:
    """A question may come again if extract or the broker died after the first time, however long its answer waited for
    its commit: what is in the journal is known exactly (journal.py)."""
    known = list(outages)
    pairs = [pair for times in asked_when.values() for pair in pairwise(times)]
    return Calls(
        asked=sum(map(len, asked_when.values())),
        distinct=len(asked_when),
        unexplained=sum(not any(_explains(outage, *pair) for outage in known) for pair in pairs),
    )


def _explains(outage: Outage, first: Asked, again: Asked) -> bool:
    return outage.begin <= again.at and outage.end >= first.at
