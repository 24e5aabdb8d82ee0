"""Random kill -9 over everything that runs, each while its victim has work; who, when, and what became of it."""

import random
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from streams.adapters.clickhouse import Database
from streams.topology import NAMES
from tests.faults.model import RecordingModel
from tests.faults.publisher import Publisher, settled
from tests.faults.recovery import first_row_s
from tests.faults.stack import Stack
from tests.faults.watch import Watch

SERVICES = {"clickhouse": ("sink", "sink-facts"), "kafka": NAMES}
"""Whose work they do."""
VICTIMS = (*NAMES, *SERVICES, "publisher")
LONGEST_PAUSE_S = 1.5
KILL_S, RESERVE, LEAST_RATE = 4.0, 1.3, 5.0
"""How long a kill takes with all that follows, until we know better; and how slowly records are published at most."""
WORK_S, FIRST_ROW_S, BROKER_S = 300.0, 120.0, 120.0
LOOK_EVERY_S = 0.1
TOGETHER, STARTING, WATCHED = 0.15, 0.2, 0.5
"""How often a second part dies with the first; how often the victim may be one that is just starting; and how often the
first new row is waited for."""
UP_S = 4.0
"""Who has run for so long has taken up its work."""
SENT_AGAIN = 3
"""Submissions that a publisher which was killed sends once more."""


class Kill(NamedTuple):
    """`lag`: records that the victim had still to work on; `calls`: questions that waited for an answer.

    `watched`: whether the first new row was waited for; where it was and there is none, nothing more was published.
    """

    part: str
    at: float
    lag: int
    calls: int
    watched: bool = False
    first_row_s: float | None = None


class Killer:
    """Kills until there were enough, or until nothing is left to do."""

    def __init__(
        self, stack: Stack, watch: Watch, publisher: Publisher, model: RecordingModel, database: Database, seed: int
    ) -> None:
        self._stack, self._watch, self._publisher = stack, watch, publisher
        self._model, self._database = model, database
        self._draw = random.Random(f"kills {seed}")
        self._bag: list[str] = []
        self._wanted, self._started = 0, 0.0
        self.kills: list[Kill] = []

    def run(self, wanted: int, *, on_kill: Callable[[Kill], None]) -> None:
        """Start publishing, and kill."""
        self._wanted, self._started = wanted, time.monotonic()
        self._publisher.start(self._rate())
        while len(self.kills) < wanted:
            time.sleep(self._draw.uniform(0, LONGEST_PAUSE_S))
            victims = self._find_victims(wanted - len(self.kills))
            if not victims:
                return
            done = [kill for part, lag in victims.items() if (kill := self._kill(part, lag))]
            if "publisher" in victims:
                self._go_on_publishing()
            if len(done) == 1 and self._draw.random() < WATCHED:
                done = [self._watched(done[0])]
            for kill in done:
                self.kills.append(kill)
                on_kill(kill)

    def _find_victims(self, most: int) -> Mapping[str, int]:
        """One part that has work, sometimes two -> their lags; none where everything has been done."""
        number = 2 if most > 1 and self._draw.random() < TOGETHER else 1
        least_age = 0.0 if self._draw.random() < STARTING else UP_S
        give_up = time.monotonic() + WORK_S
        while time.monotonic() < give_up:
            lags = self._watch.lags()
            if lags is None:  # the broker is on its way back
                continue
            if victims := self._at_work(lags, number, least_age):
                return victims
            if self._publisher.has_failed():
                self._publisher.end()
                self._go_on_publishing()
            elif not any(lags.values()) and not self._publisher.is_at_work():
                return {}
            time.sleep(LOOK_EVERY_S)
        raise AssertionError(f"no part had work to be killed at for {WORK_S:.0f} s; lags {self._watch.lags()}")

    def _at_work(self, lags: Mapping[str, int], number: int, least_age: float) -> Mapping[str, int]:
        """The next of the bag that have work. Who has none stays in it and comes first another time.

        The bag holds all parts in random order, and again and again, so that each is killed about as often.
        """
        while len(self._bag) < len(VICTIMS):
            self._bag += self._draw.sample(VICTIMS, k=len(VICTIMS))
        found: dict[str, int] = {}
        for part in dict.fromkeys(self._bag):
            if len(found) < number and (work := self._work_of(part, lags, least_age)) > 0:
                found[part] = work
                self._bag.remove(part)
        return found

    def _work_of(self, part: str, lags: Mapping[str, int], least_age: float) -> int:
        """Records before it; 0 also where it does not run, or not for that long."""
        if part == "publisher":
            ends = self._watch.ends() if self._publisher.is_at_work() else None
            return self._publisher.left(ends) if ends is not None and self._publisher.has_begun(ends) else 0
        age = self._stack.age_s(part)
        if not age or age < least_age:
            return 0
        return sum(lags[stage] for stage in SERVICES.get(part, (part,)))

    def _kill(self, part: str, lag: int) -> Kill | None:
        """None: it ended by itself a moment before."""
        now = time.monotonic()
        calls = self._model.in_flight(now)
        try:
            if part == "publisher":
                self._publisher.kill()
            else:
                self._stack.kill(part)
        except ProcessLookupError:
            return None
        return Kill(part, now, lag, calls)

    def _rate(self) -> float:
        """So many records a second that the last kill finds work too, however long kills take on this machine."""
        took = (time.monotonic() - self._started) / len(self.kills) if self.kills else KILL_S
        left_s = max(1, self._wanted - len(self.kills)) * max(took, KILL_S) * RESERVE
        return max(LEAST_RATE, self._publisher.planned / left_s)

    def _go_on_publishing(self) -> None:
        ends = settled(self._watch.ends, BROKER_S)
        self._publisher.take_stock(ends)
        arrived = self._publisher.accepted()
        self._publisher.send_again(self._draw.sample(arrived, k=min(SENT_AGAIN, len(arrived))))
        self._publisher.start(self._rate())

    def _watched(self, kill: Kill) -> Kill:
        """The same with the time to the first new row, where there is one to come."""
        if kill.part == "publisher":
            return kill
        took = first_row_s(
            self._database,
            kill.part,
            killed_ms=round(time.time() * 1000 - (time.monotonic() - kill.at) * 1000),
            killed=kill.at,
            limit_s=FIRST_ROW_S,
            goes_on=self._publisher.is_at_work,
        )
        return kill._replace(watched=True, first_row_s=took)
