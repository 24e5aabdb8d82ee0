"""What the model was asked against the kills: nothing is paid twice without a cause."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from tests.faults.model import Asked

COMMIT_S = 5.0
"""By so long after it left, an answer is in the journal, where nobody is killed."""


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


def count_calls(
    asked_when: Mapping[bytes, Sequence[Asked]], outages: Iterable[Outage], *, commit_s: float = COMMIT_S
) -> Calls:
    """A question may come again if extract or the broker died between the first time and its answer's commit."""
    known = list(outages)
    pairs = [pair for times in asked_when.values() for pair in pairwise(times)]
    return Calls(
        asked=sum(map(len, asked_when.values())),
        distinct=len(asked_when),
        unexplained=sum(not any(_explains(outage, *pair, commit_s) for outage in known) for pair in pairs),
    )


def _explains(outage: Outage, first: Asked, again: Asked, commit_s: float) -> bool:
    return outage.begin <= min(again.at, first.answered_at + commit_s) and outage.end >= first.at
