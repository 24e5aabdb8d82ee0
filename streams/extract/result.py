"""A window and the answer to it, as the event that leaves."""

from collections import Counter
from collections.abc import Sequence

from schemas.extraction import Unit, WindowClosed, WindowExtracted
from streams.extract.deferral import Deferral
from streams.extract.extractor import Identity, Proposal, Reply
from streams.extract.reply import Checked, check, within_bytes
from streams.extract.signal import Reason
from streams.extract.verbatim import observed, word_for_word


def from_reply(
    window: WindowClosed,
    *,
    key: str,
    identity: Identity,
    reply: Reply,
    proposals: Sequence[Proposal],
    journal_hit: bool,
) -> WindowExtracted:
    """The checked answer, with the publisher's observations. A failed one keeps those too."""
    if reply.error is not None:
        found, reason = Checked((), {}), "extraction_failed"
    else:
        found, reason = check(window, proposals), "all_dropped" if proposals else "nothing_found"
    if reply.cut_off:
        found = Checked(found.candidates, dict(Counter(found.dropped) + Counter(over_limit=reply.cut_off)))
    return _result(window, key, identity, found, reason, reply, journal_hit)


def unasked(window: WindowClosed, *, key: str, identity: Identity, reason: Reason) -> WindowExtracted:
    """A window that was not worth asking about."""
    return _result(window, key, identity, Checked((), {}), reason, Reply(attempts=0), False)


def verbatim(window: WindowClosed, *, key: str, identity: Identity) -> WindowExtracted:
    """A window whose turns are kept word for word."""
    return _result(window, key, identity, word_for_word(window), "nothing_said", Reply(attempts=0), False)


def deferred(window: WindowClosed, *, key: str, identity: Identity, deferral: Deferral) -> WindowExtracted:
    """A window that waits: no answer, and never the last word on it."""
    told = _result(window, key, identity, Checked((), {}), deferral.reason, Reply(attempts=0), False)
    return told.model_copy(
        update={
            "outcome": "deferred",
            "reason": deferral.reason,
            "candidates": (),
            "dropped": {},
            "error": deferral.error,
            "required": deferral.required,
            "available": deferral.available,
            "shortfall": deferral.shortfall,
        }
    )


def _result(
    window: WindowClosed, key: str, identity: Identity, found: Checked, reason: str, reply: Reply, journal_hit: bool
) -> WindowExtracted:
    known = observed(window)
    dropped = dict(Counter(found.dropped) + Counter(known.dropped)) if known.dropped else found.dropped
    candidates, dropped = within_bytes(Checked(found.candidates + known.candidates, dropped))
    return WindowExtracted(
        org_id=window.org_id,
        user_id=window.user_id,
        generation=window.generation,
        session_id=window.session_id,
        window_id=window.window_id,
        extraction_key=key,
        outcome="extracted" if reply.error is None else "failed",
        reason=None if candidates else reason,
        candidates=candidates,
        dropped=dropped,
        options=window.options,
        jobs=window.jobs,
        unit_jobs=_unit_jobs(window.units),
        units=len(window.units),
        closed_by=window.closed_by,
        closed_at=window.closed_at,
        extractor=identity.name,
        model=reply.model or identity.model,
        prompt_version=identity.prompt_version,
        schema_version=identity.schema_version,
        tokens_in=reply.tokens_in,
        tokens_out=reply.tokens_out,
        tokens_cached=reply.tokens_cached,
        cost_micros=reply.cost_micros,
        latency_ms=reply.latency_ms,
        attempts=reply.attempts,
        finish_reason=reply.finish_reason,
        journal_hit=journal_hit,
        error=reply.error,
    )


def _unit_jobs(units: Sequence[Unit]) -> dict[str, str]:
    """Whose each turn is. Dry runs may share a turn: it is left out, and counts for all jobs of the window."""
    jobs = {unit.turn_id: unit.job_id for unit in units}
    shared = {unit.turn_id for unit in units if unit.job_id != jobs[unit.turn_id]}
    return {turn_id: job_id for turn_id, job_id in jobs.items() if turn_id not in shared}
