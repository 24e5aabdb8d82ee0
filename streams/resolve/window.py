"""One result of a window: what it means for facts and jobs. Only the first of an extraction key counts.

A deferred one is none: the window's jobs wait, and say so once for each reason.
"""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from schemas.event import Json, Millis
from schemas.extraction import Candidate, JobShare, WindowExtracted
from schemas.fact import FactEvent
from schemas.job import END_STATES
from streams import codec
from streams.ids import Ids
from streams.overlay import Overlay
from streams.resolve.counts import Tally
from streams.resolve.events import JobTold, job_changed, window_resolved
from streams.resolve.jobs import (
    Progress,
    Wait,
    advance,
    cost_of,
    cover,
    defer,
    end,
    leave_out,
    share_costs,
    wait_of,
)
from streams.resolve.learning import Learnt, jobs_of, learn
from streams.resolve.state import ScopeTable

MAX_SHOWN_BYTES = 1 << 20
"""Of a dry run's candidates, in its job's event: that must fit into a record."""
NO_FACTS = Tally()


class Resolved(NamedTuple):
    """What to tell: a window's facts, then that it is resolved; and its jobs."""

    facts: tuple[FactEvent, ...]
    jobs: tuple[JobTold, ...]


def resolve(result: WindowExtracted, ids: Ids, overlay: Overlay, *, at: Millis) -> Resolved | None:
    """Take in a result that was appended `at` this time; None for one that counted before."""
    table = ScopeTable(overlay, ids.scope(result.org_id, result.user_id))
    window, extraction_key = bytes.fromhex(result.window_id), bytes.fromhex(result.extraction_key)
    if result.outcome == "deferred":
        return _wait(result, ids, table, at=at)
    if table.has_result(window, extraction_key):
        return None
    table.end_wait(window)
    before = table.outcome(window)
    table.put_result(window, extraction_key, result.outcome)
    learnt = _learn(result, ids, table)
    jobs = []
    for share, cost in zip(result.jobs, share_costs(cost_of(result), result.jobs), strict=True):
        job, covered = JobTable(table, ids, share), cover(share, result.outcome, before)
        tally = learnt.by_job.get(share.job_id, NO_FACTS)
        progress = advance(job.read(), result, covered, total=share.total, cost=cost, tally=tally)
        if result.options.dry_run:
            progress = job.show(progress, _shown(share, result))
        now = end(progress)
        candidates = job.take_shown(progress) if now.state in END_STATES else ()
        job.write(progress)
        jobs.append(job_changed(progress, now, share, result, candidates, at, wait=_first_wait(progress, table)))
    told = NO_FACTS if result.options.dry_run else learnt.tally
    return Resolved((*learnt.facts, window_resolved(result, told)), tuple(jobs))


def _wait(result: WindowExtracted, ids: Ids, table: ScopeTable, *, at: Millis) -> Resolved | None:
    """A window that is deferred; None for one that has ended, or has said the same before."""
    window, wait = bytes.fromhex(result.window_id), wait_of(result)
    if table.outcome(window) is not None or table.wait(window) == wait:
        return None
    table.put_wait(window, wait)
    jobs = []
    for share in result.jobs:
        job = JobTable(table, ids, share)
        progress = defer(job.read(), result, total=share.total)
        job.write(progress)
        first = _first_wait(progress, table)
        jobs.append(job_changed(progress, end(progress), share, result, (), at, wait=first))
    return Resolved((), tuple(jobs))


def _first_wait(progress: Progress, table: ScopeTable) -> Wait | None:
    """Of several deferred windows the one that has waited longest says why."""
    return table.wait(bytes.fromhex(progress.waiting[0])) if progress.waiting else None


def _learn(result: WindowExtracted, ids: Ids, table: ScopeTable) -> Learnt:
    """Of a dry run only the counts are real."""
    if result.options.dry_run:
        return learn(result, ids, table.fork())._replace(facts=())
    return learn(result, ids, table)


class JobTable:
    """One job's part of the table (of one attempt)."""

    def __init__(self, table: ScopeTable, ids: Ids, share: JobShare) -> None:
        self._table = table
        self._job = ids.attempt(share.job_id, share.attempt)

    def read(self) -> Progress:
        return self._table.job(self._job)

    def write(self, progress: Progress) -> None:
        self._table.put_job(self._job, progress)

    def show(self, progress: Progress, candidates: Sequence[Candidate]) -> Progress:
        """Keep the candidates of a dry run until its job ends, as many as there is room for."""
        if not candidates:
            return progress
        rows: list[bytes] = []
        size, not_shown = progress.shown_bytes, 0
        for row in (codec.dumps(_row(candidate)) for candidate in candidates):
            if not_shown == 0 and size + len(row) <= MAX_SHOWN_BYTES:
                rows.append(row)
                size += len(row)
            else:
                not_shown += 1
        self._table.put_shown(self._job, progress.shown, b"[%b]" % b",".join(rows))
        return leave_out(progress._replace(shown=progress.shown + 1, shown_bytes=size), not_shown)

    def take_shown(self, progress: Progress) -> list[dict[str, Json]]:
        """The candidates kept, which are kept no longer; of a dry run only there are any."""
        candidates: list[dict[str, Json]] = []
        for number in range(progress.shown):
            candidates += orjson.loads(self._table.shown(self._job, number) or b"[]")
            self._table.put_shown(self._job, number, b"")
        return candidates


def _row(candidate: Candidate) -> dict[str, Json]:
    """A candidate as it is shown. A quote that is the whole content is not told twice."""
    row: dict[str, Json] = candidate.model_dump(mode="json", exclude_defaults=True)
    whole = [proof.quote == candidate.content for proof in candidate.evidence]
    row["evidence"] = [
        proof.model_dump(mode="json", exclude={"quote"} if is_whole else set(), exclude_defaults=True)
        for proof, is_whole in zip(candidate.evidence, whole, strict=True)
    ]
    return row


def _shown(share: JobShare, result: WindowExtracted) -> list[Candidate]:
    """The candidates that this job's turns prove."""
    return [
        candidate
        for candidate in result.candidates
        if share.job_id in jobs_of(result, (proof.turn_id for proof in candidate.evidence))
    ]
