"""One look at a run: what has happened so far, and what is still open."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.admin.lag import StageLag
from streams.demo.queries import Counted
from streams.demo.totals import equations, open_jobs


class Sent(NamedTuple):
    """What Kafka has acknowledged so far. `done`: nothing more will be sent."""

    acknowledged: int = 0
    submissions: int = 0
    controls: int = 0
    turns: int = 0
    done: bool = False


class Moment(NamedTuple):
    """The lag was measured before the numbers were read: with no lag the numbers hold all that was sent before."""

    sent: Sent
    lag: tuple[StageLag, ...]
    counted: Counted
    jobs: Mapping[str, int]

    @property
    def at_rest(self) -> bool:
        """Nothing is under way: no stage has anything to read, and no job waits for a window to close."""
        return self.sent.done and not any(stage.records for stage in self.lag) and not open_jobs(self.jobs)


def is_finished(moment: Moment) -> bool:
    """Every job of the run has ended, every record has arrived everywhere, and every number adds up."""
    return moment.at_rest and not unequal(moment)


def still_open(moment: Moment) -> list[str]:
    """What keeps a run from being finished, in words."""
    reasons = [] if moment.sent.done else ["not everything is published"]
    reasons += [f"{stage.stage} has {stage.records:,} records to read" for stage in moment.lag if stage.records]
    reasons += [f"{number:,} jobs are {state}" for state, number in open_jobs(moment.jobs).items()]
    return reasons + unequal(moment)


def unequal(moment: Moment) -> list[str]:
    """The equations that do not hold."""
    told = equations(moment.sent.submissions, moment.sent.controls, moment.counted)
    return [str(equation) for equation in told if not equation.holds]
