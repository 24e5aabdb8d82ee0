"""A job's part in a window, and what window says about jobs: accepted (or at once buffered), resubmitted, processing.

Events are written here as `codec.encode` would, but from the fields of the log.
"""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.job import Part, State
from streams import codec
from streams.job_event import job_event
from streams.ports import Headers
from streams.window.units import Fields

MOST_HEADERS = 512 << 10
"""Bytes of copied headers in one window's event. Jobs beyond keep their trace id alone there."""
_TOLD = ("title", "document_id", "collection_id", "visibility", "tags", "metadata")


class Here(NamedTuple):
    """The record that is being followed: its place, its append time, its conversation."""

    key: bytes | None
    offset: int
    at: int
    conversation: bytes
    org_id: str
    user_id: str
    session_id: str
    generation: int
    trace_id: str = ""
    headers: dict[str, str] = {}
    """Copied through, beside the trace id."""
    record_headers: Headers = ()
    """Both, for what is written about it."""


class Share(NamedTuple):
    """What an open window knows of a job that has units in it. Kept with the first of them."""

    job_id: str
    attempt: int
    total: int
    trace_id: str
    windows: int
    """Windows with units of the job so far, this one included."""
    before: int
    """Units of the job in earlier windows."""
    offset: int
    at: int
    hints: list[Fields]
    headers: dict[str, str] = {}
    """Copied through, beside the trace id."""


class FilledShare(NamedTuple):
    """A share of a closed window: how much of it the job has."""

    share: Share
    units: int
    tokens: int

    @property
    def completes(self) -> bool:
        """Whether all units of the job stand in closed windows now."""
        return self.share.before + self.units == self.share.total


def share_of(here: Here, submission: Fields, *, total: int, windows: int, before: int) -> Share:
    return Share(
        submission["job_id"],
        submission.get("attempt", 1),
        total,
        here.trace_id,
        windows,
        before,
        here.offset,
        here.at,
        submission.get("entities", []),
        here.headers,
    )


def job_shares(shares: Iterable[FilledShare]) -> list[Fields]:
    """`schemas.extraction.JobShare`s as fields. Headers stop where a window would outgrow its record."""
    told, room = [], MOST_HEADERS
    for filled in shares:
        fields = _job_share(filled)
        if headers := filled.share.headers:
            room -= len(codec.dumps(headers))  # a character may take six bytes there
            if room >= 0:
                fields["headers"] = headers
        told.append(fields)
    return told


def _job_share(filled: FilledShare) -> Fields:
    share, units, tokens = filled
    fields: Fields = {"job_id": share.job_id, "units": units, "total": share.total, "tokens": tokens}
    if share.attempt != 1:
        fields["attempt"] = share.attempt
    if share.trace_id:
        fields["trace_id"] = share.trace_id
    return fields


def distinct_hints(shares: Iterable[FilledShare], most: int) -> list[Fields]:
    """The first hints of the submissions in a window, each once, at most `most`."""
    hints: dict[tuple[str, str | None], Fields] = {}
    for filled in shares:
        for hint in filled.share.hints:
            hints.setdefault((hint["text"], hint.get("type")), hint)
    return [*hints.values()][:most]


def accepted(here: Here, submission: Fields, *, units: int, waits: bool, closed_windows: int) -> bytes:
    """What a SubmissionAccepted says about its job. One without units that ingest did not end ends here.

    `waits`: some of its units stand in the open window; `closed_windows`: those with others of its units.
    """
    outcome: State | None = submission.get("outcome")
    reason = submission.get("reason")
    if waits:
        state: State = "buffered"
    elif outcome is not None or units:
        state = outcome or "accepted"
    else:
        state, reason = "completed_empty", reason or "nothing_to_extract"
    event = _event_of(here, submission, part="accepted", revision=1, state=state)
    if waits:
        event["buffered_at"] = here.at
        if closed_windows:
            event["windows"] = closed_windows
    if reason is not None:
        event["reason"] = reason
    options = submission.get("options", {})
    event["turns_in"] = submission["turns_in"]
    if submission["turns"] and not options.get("dry_run"):
        event["turns_stored"] = len(submission["turns"])
    for name in ("turns_duplicate", "turns_conflicting", "turns_weak"):
        if name in submission:
            event[name] = submission[name]
    _add_trace(event, here)
    for name in _TOLD:
        if name in submission:
            event[name] = submission[name]
    event["options"] = options
    event["source"] = submission["source"]
    return codec.dumps(event)


def refused(here: Here, refusal: Fields) -> bytes:
    """What a SubmissionRefused says about its job."""
    event = _event_of(here, refusal, part="accepted", revision=1, state="dead_lettered")
    event |= {"reason": refusal["code"], "error": refusal["message"]}
    _add_trace(event, here)
    event["source"] = refusal["source"]
    return codec.dumps(event)


def resubmitted(here: Here, again: Fields) -> bytes:
    """What a JobResubmitted says about its job: only how often."""
    times = again["resubmissions"]
    event = _event_of(here, again, part="resubmitted", revision=times, state="accepted")
    event["resubmissions"] = times
    return codec.dumps(event)


def processing(here: Here, share: Share) -> bytes:
    """All windows of a job are closed. Its revision is 2: logs of former versions say `buffered` as 1."""
    event = job_event(here, share.job_id, share.attempt, part="windows", revision=2, state="processing", at=here.at)
    event["windows"] = share.windows
    if share.offset != here.offset:
        event["buffered_at"] = share.at
    event["processing_at"] = here.at
    return codec.dumps(event)


def _add_trace(event: Fields, here: Here) -> None:
    if here.trace_id:
        event["trace_id"] = here.trace_id
    if here.headers:
        event["headers"] = here.headers


def _event_of(here: Here, told: Fields, *, part: Part, revision: int, state: State) -> Fields:
    """Of the job that a record of the log tells of."""
    return job_event(
        here, told["job_id"], told.get("attempt", 1), part=part, revision=revision, state=state, at=here.at
    )
