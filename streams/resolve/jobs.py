"""How far a job is, what it cost, and how it ended.

A window may hold turns of several jobs and a job may span windows: a job ends when all its units are covered. What
cannot be told apart by turns (proposals dropped, attempts) counts in full for every job of a window.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from schemas.extraction import JobShare, WindowExtracted
from schemas.job import State
from streams.resolve.counts import Tally

OVER_LIMIT = "over_limit"
NOTHING_FOUND = "nothing_found"
NOT_SHOWN = "not_shown"
SOME_FAILED = "windows_failed"
MAX_ERROR = 1_000

Outcome = Literal["extracted", "failed"]


class Cost(NamedTuple):
    """What the model used and took."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_micros: int = 0

    def plus(self, other: "Cost") -> "Cost":
        if other == NOTHING:
            return self
        return Cost(*(mine + more for mine, more in zip(self, other, strict=True)))


NOTHING = Cost()


class Covered(NamedTuple):
    """What a result adds to a job: units nobody covered before, and windows by their outcome."""

    units: int
    done: int
    failed: int


class Wait(NamedTuple):
    """Why a window is deferred; amounts in millionths of a US dollar."""

    reason: str | None
    error: str | None = None
    required: int | None = None
    available: int | None = None
    shortfall: int | None = None


class Progress(NamedTuple):
    """Sums over the windows of a job (of one attempt) that were resolved so far.

    The table keeps them in this order, the last three apart: a new one goes before these, with a default.
    """

    revision: int = 0
    units: int = 0
    total: int = 0
    done: int = 0
    failed: int = 0
    attempts: int = 0
    extractor: str = ""
    model: str = ""
    prompt_version: str = ""
    reason: str | None = None
    """Why its windows gave nothing, where they agree."""
    first_error: str | None = None
    last_error: str | None = None
    shown: int = 0
    """Of a dry run: in how many windows there were candidates."""
    shown_bytes: int = 0
    """Of a dry run: how much room the candidates take so far."""
    waiting: Sequence[str] = ()
    """Its windows that are deferred, in the order in which they became so."""
    tally: Tally = Tally()
    cost: Cost = NOTHING
    dropped: Mapping[str, int] = {}


class End(NamedTuple):
    """The state after a window, and why."""

    state: State
    reason: str | None = None


def cover(share: JobShare, outcome: Outcome, before: Outcome | None) -> Covered:
    """What a window's result adds; `before`: how the window ended when it was extracted with another key."""
    match before, outcome:
        case None, "extracted":
            return Covered(share.units, 1, 0)
        case None, "failed":
            return Covered(share.units, 0, 1)
        case "failed", "extracted":
            return Covered(0, 1, -1)
        case _:
            return Covered(0, 0, 0)


def cost_of(result: WindowExtracted) -> Cost:
    """What a result cost: nothing when the journal had it."""
    if result.journal_hit:
        return NOTHING
    return Cost(result.tokens_in, result.tokens_out, result.tokens_cached, result.cost_micros)


def share_costs(cost: Cost, jobs: Sequence[JobShare]) -> list[Cost]:
    """Each job's part, by the tokens of its turns; every sum is exact."""
    if cost == NOTHING:
        return [cost] * len(jobs)
    weights = [job.tokens for job in jobs] if any(job.tokens for job in jobs) else [job.units for job in jobs]
    return [Cost(*parts) for parts in zip(*(divide(amount, weights) for amount in cost), strict=True)]


def divide(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` in whole parts by weight; what is over goes to the largest remainders, at ties to the first."""
    whole = sum(weights)
    if not whole or not amount:
        return [amount, *(0 for _ in weights[1:])]
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_remainder[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def advance(
    progress: Progress, result: WindowExtracted, covered: Covered, *, total: int, cost: Cost, tally: Tally
) -> Progress:
    """The job after one more result; `tally`: of its facts in this window."""
    error = error_of(result)
    return Progress(
        progress.revision + 1,
        progress.units + covered.units,
        total,
        progress.done + covered.done,
        progress.failed + covered.failed,
        progress.attempts + result.attempts,
        result.extractor,
        result.model,
        result.prompt_version,
        _agreed(progress, result),
        progress.first_error or error,
        error or progress.last_error,
        progress.shown,
        progress.shown_bytes,
        [window for window in progress.waiting if window != result.window_id],
        progress.tally.plus(tally),
        progress.cost.plus(cost),
        _sums(progress.dropped, result.dropped) if result.dropped else progress.dropped,
    )


def defer(progress: Progress, result: WindowExtracted, *, total: int) -> Progress:
    """The job while one more of its windows waits, or waits for another reason."""
    known = [window for window in progress.waiting if window != result.window_id]
    return progress._replace(
        revision=progress.revision + 1,
        total=total,
        extractor=result.extractor,
        model=result.model,
        prompt_version=result.prompt_version,
        waiting=progress.waiting if len(known) < len(progress.waiting) else [*known, result.window_id],
    )


def wait_of(result: WindowExtracted) -> Wait:
    error = result.error and result.error[:MAX_ERROR]
    return Wait(result.reason, error, result.required, result.available, result.shortfall)


def leave_out(progress: Progress, not_shown: int) -> Progress:
    """The job with so many more candidates of a dry run that its event has no room for."""
    return progress._replace(dropped=_sums(progress.dropped, {NOT_SHOWN: not_shown})) if not_shown else progress


def end(progress: Progress) -> End:
    """Where the job stands. Why it is deferred its windows know."""
    if progress.units < progress.total:
        return End("deferred" if progress.waiting else "processing")
    if not progress.done:
        return End("failed", SOME_FAILED)
    losses = [SOME_FAILED] * (progress.failed > 0) + [OVER_LIMIT] * (progress.dropped.get(OVER_LIMIT, 0) > 0)
    if losses:
        return End("completed_partial", ", ".join(losses))
    if progress.tally.created or progress.tally.reconfirmed:
        return End("completed")
    return End("completed_empty", progress.reason or NOTHING_FOUND)


def error_of(result: WindowExtracted) -> str | None:
    if result.outcome != "failed":
        return None
    return (result.error or result.reason or "no usable answer")[:MAX_ERROR]


def _agreed(progress: Progress, result: WindowExtracted) -> str | None:
    reason = result.reason or NOTHING_FOUND
    return reason if progress.units == 0 or progress.reason == reason else NOTHING_FOUND


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}
