"""Jobs: the public contract of the `jobs` topic.

A job is told in parts by several stages, in any order. Within a part the highest revision stands; over the parts the
highest state does, in the order of `STATES`; but while the part `resolved` says `deferred`, a job that has not ended is
deferred.
"""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Coordinate, Event, Json, Millis, Visibility, empty
from schemas.log import Options

State = Literal[
    "accepted", "buffered", "deferred", "processing", "completed", "completed_empty", "completed_partial",
    "failed", "cancelled", "skipped_duplicate", "dead_lettered",
]  # fmt: skip
Part = Literal["accepted", "resubmitted", "windows", "resolved"]
STATES: tuple[State, ...] = State.__args__  # type: ignore[attr-defined]
END_STATES = STATES[4:]


class JobChanged(Event):
    """A stage said something about a job: `part` says which; of a number that several parts tell the highest stands."""

    topic: ClassVar[str] = "jobs"
    event: Literal["JobChanged"] = "JobChanged"
    generation: int
    session_id: str
    job_id: str
    attempt: int = 1
    part: Part
    revision: int
    state: State
    at: Millis = Field(description="Append time of the record that brought this state.")
    reason: str | None = None
    error: str | None = None

    # part accepted: once per attempt, with `windows` and `buffered_at` where some of its turns wait at once
    turns_in: int = 0
    turns_stored: int = 0
    turns_duplicate: int = 0
    turns_conflicting: int = 0
    turns_weak: int = 0
    trace_id: str = ""
    headers: dict[str, str] = empty("Of its submission, copied through; trace-id stands above.")
    title: str | None = None
    document_id: str | None = None
    collection_id: str | None = None
    visibility: Visibility = "user"
    tags: tuple[str, ...] = ()
    metadata: dict[str, Json] = empty()
    options: Options | None = None
    source: Coordinate | None = None

    # part resubmitted: the number so far
    resubmissions: int = 0

    # part windows: the number closed so far
    windows: int = 0
    buffered_at: Millis | None = None
    processing_at: Millis | None = None

    # part resolved: sums over the windows resolved so far
    windows_done: int = 0
    windows_failed: int = 0
    facts_created: int = 0
    facts_reconfirmed: int = 0
    facts_superseded: int = 0
    dropped: dict[str, int] = empty()
    attempts: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_micros: int = 0
    extractor: str = ""
    model: str = ""
    prompt_version: str = ""
    first_error: str | None = None
    last_error: str | None = None
    candidates: tuple[dict[str, Json], ...] = Field((), description="Of a dry run: what would have been kept.")

    # part resolved, while it is deferred for its scope's budget; millionths of a US dollar
    required: int | None = None
    available: int | None = None
    shortfall: int | None = None
