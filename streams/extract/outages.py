"""Which extractors are away: while one is, nobody asks it but one window now and then, to see whether it is back.

One window without an answer proves nothing: it may be the window. An extractor is away when it says so for everybody
(not reachable, key not accepted, 503), or when the windows of two scopes got no answer and none was given between them.
Shared by all lanes of a process and kept nowhere: the parked windows say the same after a restart.
"""

from collections.abc import Iterable
from typing import NamedTuple

from streams.extract.deferral import FIRST_S, wait_s


class Outage(NamedTuple):
    """How often it was tried in vain, when to try again (epoch ms), and what it said."""

    tries: int
    until: int
    error: str | None


class InVain(NamedTuple):
    """A window that got no answer."""

    scope: bytes
    error: str | None = None
    retry_after_s: float | None = None
    of_server: bool = False
    """Whether nobody would get one now."""
    proves: bool = True
    """False: others got their answers while this one got none."""


class Outages:
    """By extractor and model."""

    def __init__(self, *, first_s: float = FIRST_S) -> None:
        self.first_s = first_s
        self._outages: dict[str, Outage] = {}
        self._suspects: dict[str, InVain] = {}
        self._answered_at: dict[str, int] = {}

    def of(self, name: str) -> Outage | None:
        return self._outages.get(name)

    def answered_at(self, name: str) -> int:
        """When it answered last, as far as this process knows; epoch ms."""
        return self._answered_at.get(name, 0)

    def in_vain(self, name: str, tried: InVain, *, now: int) -> None:
        """A window got no answer: perhaps the extractor is away."""
        if tried.of_server:
            self._begin(name, now, tried.error, tried.retry_after_s)
        elif not tried.proves:
            return
        elif name in self._outages:
            self._begin(name, now, tried.error, None)
        elif (other := self._suspects.get(name)) is None or other.scope == tried.scope:
            self._suspects[name] = tried
        else:
            self._begin(name, now, tried.error, min(other.retry_after_s or 0.0, tried.retry_after_s or 0.0))

    def answered(self, name: str, *, now: int) -> None:
        """It is there."""
        self._outages.pop(name, None)
        self._suspects.pop(name, None)
        self._answered_at[name] = now

    def remember(self, name: str, tries: Iterable[tuple[bytes, int, int]]) -> None:
        """What parked windows of an earlier run say: scopes, how often they were tried, when they may be again."""
        known = list(tries)
        if len({scope for scope, _, _ in known}) < 2:
            return
        before = self._outages.get(name, Outage(0, 0, None))
        tried, until = max(tries for _, tries, _ in known), min(due for _, _, due in known)
        self._outages[name] = Outage(max(before.tries, tried), max(before.until, until), before.error)

    def _begin(self, name: str, now: int, error: str | None, retry_after_s: float | None) -> None:
        """It is away, or still is. Several calls that were in flight together count as one try."""
        known = self._outages.get(name)
        if known is not None and known.until > now:
            until = max(known.until, now + round(1000 * (retry_after_s or 0.0)))
            self._outages[name] = Outage(known.tries, until, error)
            return
        tries = known.tries if known is not None else 0
        wait = wait_s(tries, retry_after_s, first_s=self.first_s)
        self._outages[name] = Outage(tries + 1, now + round(1000 * wait), error)
