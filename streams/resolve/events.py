"""What resolve tells: facts, resolved windows, and how jobs stand."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from schemas.event import Json, Millis
from schemas.extraction import JobShare, WindowExtracted
from schemas.fact import FactRecorded, WindowResolved
from schemas.job import State
from streams import codec
from streams.job_event import job_event
from streams.resolve.changes import MAX_INTERVALS, Change
from streams.resolve.counts import Tally
from streams.resolve.facts import Said
from streams.resolve.jobs import End, Progress, Wait
from streams.resolve.timeline import Held, holds


class JobTold(NamedTuple):
    """How a job of a window stands, and the JobChanged that says so."""

    share: JobShare
    state: State
    event: bytes


def fact_recorded(change: Change, result: WindowExtracted, job_ids: Collection[str]) -> FactRecorded:
    """The whole fact, as a window's result left it. `job_ids`: whose turns led to it; none: any of the window's may."""
    shares = [share for share in result.jobs if share.job_id in job_ids] or result.jobs
    fact, last = change.now, change.times[-1]
    return FactRecorded.model_validate(
        change.wording
        | {
            "org_id": result.org_id,
            "user_id": result.user_id,
            "generation": result.generation,
            "fact_id": change.fact.hex(),
            "revision": fact.revision,
            "change": change.kind,
            "status": "active" if holds(change.times) else "superseded",
            "confidence": fact.confidence,
            "confidence_basis": fact.confidence_basis,
            "provenance": fact.provenance,
            "evidence": [_proof(turn) for turn in fact.evidence],
            "confirmations": fact.confirmations,
            "occurred_start": fact.occurred_start,
            "occurred_end": fact.occurred_end,
            "mentioned_at": fact.mentioned_at,
            "recorded_at": result.closed_at,
            "expires_at": fact.expires_at,
            "superseded_by": last.by and last.by.hex(),
            "intervals": [_interval(held) for held in change.times[-MAX_INTERVALS:]],
            "job_ids": fact.job_ids,
            "window_id": result.window_id,
            "extraction_key": result.extraction_key,
            "extractor": result.extractor,
            "model": result.model,
            "prompt_version": result.prompt_version,
            "schema_version": result.schema_version,
            "trace_ids": tuple(dict.fromkeys(share.trace_id for share in shares if share.trace_id)),
            "headers": shares[-1].headers if shares else {},
        }
    )


def _proof(turn: Said) -> dict[str, object]:
    return {
        "turn_id": turn.turn_id,
        "quote": turn.quote,
        "said_at": turn.said_at,
        "offset": turn.offset,
        "index": turn.place,
    }


def _interval(held: Held) -> dict[str, object]:
    return {"valid_from": held.since, "valid_to": held.until, "superseded_by": held.by and held.by.hex()}


def window_resolved(result: WindowExtracted, tally: Tally) -> WindowResolved:
    return WindowResolved(
        org_id=result.org_id,
        user_id=result.user_id,
        generation=result.generation,
        session_id=result.session_id,
        window_id=result.window_id,
        extraction_key=result.extraction_key,
        facts_created=tally.created,
        facts_reconfirmed=tally.reconfirmed,
        facts_superseded=tally.superseded,
        recorded_at=result.closed_at,
    )


def job_changed(
    progress: Progress,
    now: End,
    share: JobShare,
    result: WindowExtracted,
    candidates: Sequence[dict[str, Json]],
    at: Millis,
    *,
    wait: Wait | None,
) -> JobTold:
    """How a job stands `now`, after a window's result; `at`: append time of that result; `wait`: why it is deferred."""
    state, reason = now
    error = progress.last_error if state in ("failed", "completed_partial") else None
    waits = wait if state == "deferred" and wait is not None else Wait(reason, error)
    event = job_event(
        result, share.job_id, share.attempt, part="resolved", revision=progress.revision, state=state, at=at
    )
    why = {**waits._asdict(), "first_error": progress.first_error, "last_error": progress.last_error}
    event |= {name: value for name, value in why.items() if value is not None}
    sums = {
        "windows_done": progress.done,
        "windows_failed": progress.failed,
        "facts_created": progress.tally.created,
        "facts_reconfirmed": progress.tally.reconfirmed,
        "facts_superseded": progress.tally.superseded,
        "dropped": progress.dropped,
        "attempts": progress.attempts,
        **progress.cost._asdict(),
        "extractor": progress.extractor,
        "model": progress.model,
        "prompt_version": progress.prompt_version,
        "candidates": candidates,
    }
    event |= {name: value for name, value in sums.items() if value}
    return JobTold(share, state, codec.dumps(event))
