"""The conversation log: what was accepted, clean, deduplicated, in one order per scope. The rest is derived from it.

Offsets and append times of these records count: window decisions use nothing else.
"""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Coordinate, Event, Json, Millis, Role, Value, Visibility, empty


class Observation(Value):
    """A fact the publisher sent along with a turn."""

    content: str
    type: str | None = None
    confidence: float | None = None
    occurred_at: Millis | None = None


class Turn(Value):
    """One turn, stored for good."""

    turn_id: str
    role: Role
    name: str | None = None
    text: str
    said_at: Millis
    time_is_arrival: bool = False
    event_id: str | None = None
    index: int = Field(description="Its place among the turns of its submission as sent.")
    observations: tuple[Observation, ...] = ()


class Hint(Value):
    """A name the publisher says occurs."""

    text: str
    type: str | None = None


class Options(Value):
    """The options of a submission, with every default filled in."""

    write_active: bool = True
    write_passive: bool = True
    infer: bool = True
    dry_run: bool = False
    max_facts: int = 20
    model: str | None = None
    flush: bool = False


class SubmissionAccepted(Event):
    """ingest accepted a submission: these turns of it are new. Written once per job and attempt."""

    topic: ClassVar[str] = "conversations"
    event: Literal["SubmissionAccepted"] = "SubmissionAccepted"
    session_id: str
    job_id: str
    attempt: int = 1
    turns: tuple[Turn, ...] = Field(description="The new turns only.")
    turns_in: int
    turns_duplicate: int = 0
    turns_conflicting: int = 0
    turns_weak: int = Field(0, description="Turns without event id and time.")
    outcome: Literal["skipped_duplicate", "completed_empty"] | None = Field(
        None, description="Where nothing is to be extracted, the job ends here."
    )
    reason: str | None = None
    options: Options = Options()
    context: str | None = None
    title: str | None = None
    document_id: str | None = None
    collection_id: str | None = None
    visibility: Visibility = "user"
    tags: tuple[str, ...] = ()
    metadata: dict[str, Json] = empty()
    entities: tuple[Hint, ...] = ()
    headers: dict[str, str] = empty("Copied through: trace-id always, and what the publisher sent of the known ones.")
    redactions: dict[str, int] = empty("Secrets replaced, by kind.")
    unknown_fields: int = 0
    rekeyed: bool = False
    source: Coordinate


class JobResubmitted(Event):
    """ingest met a job again, with the same turns and options. Nothing else happens."""

    topic: ClassVar[str] = "conversations"
    event: Literal["JobResubmitted"] = "JobResubmitted"
    session_id: str
    job_id: str
    attempt: int = 1
    resubmissions: int = Field(description="How often by now.")
    turns_in: int
    headers: dict[str, str] = empty()
    redactions: dict[str, int] = empty()
    unknown_fields: int = 0
    rekeyed: bool = False
    source: Coordinate


class SubmissionRefused(Event):
    """ingest refused a submission whose scope it could read and whose job was unknown. Its bytes are a dead letter."""

    topic: ClassVar[str] = "conversations"
    event: Literal["SubmissionRefused"] = "SubmissionRefused"
    session_id: str
    job_id: str
    attempt: int = 1
    code: str
    message: str
    headers: dict[str, str] = empty()
    source: Coordinate


class SessionEnded(Event):
    """A publisher said that a session is over: its window closes."""

    topic: ClassVar[str] = "conversations"
    event: Literal["SessionEnded"] = "SessionEnded"
    session_id: str
    headers: dict[str, str] = empty()
    redactions: dict[str, int] = empty()
    unknown_fields: int = 0
    rekeyed: bool = False
    source: Coordinate


class FlushRequested(Event):
    """A publisher asked to close a conversation's window now."""

    topic: ClassVar[str] = "conversations"
    event: Literal["FlushRequested"] = "FlushRequested"
    session_id: str
    headers: dict[str, str] = empty()
    redactions: dict[str, int] = empty()
    unknown_fields: int = 0
    rekeyed: bool = False
    source: Coordinate


class ConversationIdled(Event):
    """ingest's tick: nothing came for a while. It only gives the gap rule a record to look at."""

    topic: ClassVar[str] = "conversations"
    event: Literal["ConversationIdled"] = "ConversationIdled"
    session_id: str
    tick: int = Field(description="1, 2, 3: sent at one, two and four times the gap.")


LogEvent = SubmissionAccepted | JobResubmitted | SubmissionRefused | SessionEnded | FlushRequested | ConversationIdled
