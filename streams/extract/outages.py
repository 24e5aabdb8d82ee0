"""Which extractors are away: while one is, nobody asks it but one window now and then, to see whether it is back.

Shared by all lanes of a process and kept nowhere: the parked windows say the same after a restart.
"""

from typing import NamedTuple

from streams.extract.deferral import FIRST_S, wait_s


class Outage(NamedTuple):
    """How often it was tried in vain, when to try again (epoch ms), and what it said."""

    tries: int
    until: int
    error: str | None


class Outages:
    """By extractor and model."""

    def __init__(self, *, first_s: float = FIRST_S) -> None:
        self.first_s = first_s
        self._outages: dict[str, Outage] = {}

    def of(self, name: str) -> Outage | None:
        return self._outages.get(name)

    def begin(self, name: str, *, now: int, error: str | None, retry_after_s: float | None) -> None:
        """It is away, or still is. Several calls that were in flight together count as one try."""
        known = self._outages.get(name)
        if known is not None and known.until > now:
            until = max(known.until, now + round(1000 * (retry_after_s or 0.0)))
            self._outages[name] = Outage(known.tries, until, error)
            return
        tries = known.tries if known is not None else 0
        wait = wait_s(tries, retry_after_s, first_s=self.first_s)
        self._outages[name] = Outage(tries + 1, now + round(1000 * wait), error)

    def remember(self, name: str, *, tries: int, until: int) -> None:
        """What a parked window of another run says."""
        known = self._outages.get(name, Outage(0, 0, None))
        self._outages[name] = Outage(max(known.tries, tries), max(known.until, until), known.error)

    def end(self, name: str) -> None:
        """It answered."""
        self._outages.pop(name, None)
