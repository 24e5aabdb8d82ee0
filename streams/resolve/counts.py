"""What a window did to facts, counted for the window and for each of its jobs."""

from collections.abc import Iterable
from typing import NamedTuple


class Tally(NamedTuple):
    """Facts by what became of them."""

    created: int = 0
    reconfirmed: int = 0
    superseded: int = 0

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            self.created + other.created,
            self.reconfirmed + other.reconfirmed,
            self.superseded + other.superseded,
        )


class Counts:
    """A window's tally, where every fact counts once, and its jobs' tallies, where a shared one counts for each."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.by_job: dict[str, Tally] = {}

    def add(self, tally: Tally, job_ids: Iterable[str]) -> None:
        self.tally = self.tally.plus(tally)
        for job_id in job_ids:
            self.by_job[job_id] = self.by_job.get(job_id, Tally()).plus(tally)
