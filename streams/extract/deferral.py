"""Why a window cannot be answered now, and when it is looked at again."""

from typing import Literal, NamedTuple

from streams.errors import Spent

Reason = Literal["unavailable", "budget", "in_line"]
FIRST_S = 15.0
"""An extractor has tried for a while by itself before it says that it is away."""
FACTOR = 2.0
MOST_S = 600.0
LONGEST_S = 86_400.0
MOST_ALONE = 10
"""So often a window may be tried in vain while others got their answers: for about an hour. Then it has failed."""
DAY_MS = 86_400_000


class Deferral(NamedTuple):
    """What stands between a window and its answer.

    `unavailable`: its extractor is away; `budget`: its scope has spent what a day may cost; `in_line`: an earlier
    window of its scope and generation waits, and results keep their order.
    """

    reason: Reason
    error: str | None = None
    required: int | None = None
    available: int | None = None
    shortfall: int | None = None
    """What the budget must grow by: more than the difference where it was lowered below what was spent."""
    retry_after_s: float | None = None
    away: str = ""
    """The extractor and model that are away, where an attempt showed it."""
    tried: bool = True
    """False: nobody was asked, because it was away a moment ago."""
    of_server: bool = False
    """Whether nobody gets an answer now, whatever is asked."""
    spent: Spent = Spent()


IN_LINE = Deferral("in_line")


def wait_s(tries: int, retry_after_s: float | None, *, first_s: float = FIRST_S) -> float:
    """Seconds until the next try, after so many in vain: longer each time, and never before the extractor said."""
    backoff = min(first_s * FACTOR ** min(tries, 32), MOST_S)
    return max(backoff, min(retry_after_s or 0.0, LONGEST_S))


def next_day(now: int) -> int:
    """When the next UTC day begins; epoch ms."""
    return (now // DAY_MS + 1) * DAY_MS


def due_at(deferral: Deferral, tries: int, now: int, *, first_s: float = FIRST_S) -> int:
    """When to look again, the earliest, after so many tries in vain before; epoch ms."""
    if deferral.reason == "budget":
        return next_day(now)
    if deferral.reason == "unavailable" and deferral.tried:
        return now + round(1000 * wait_s(tries, deferral.retry_after_s, first_s=first_s))
    return 0
