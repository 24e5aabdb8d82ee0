"""Closed windows on their way to an extractor, and what it found."""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Event, Millis, Role, Value, Visibility, empty
from schemas.log import Hint, Observation

ClosedBy = Literal["turns", "tokens", "gap", "age", "flush", "options", "session_ended", "long_turn"]


class Unit(Value):
    """A turn, or one piece of a long one: what a window is made of."""

    turn_id: str
    piece: int = Field(0, description="0 for a turn that is whole.")
    pieces: int = 1
    offset: int = Field(description="Of its submission in the conversation log; with `index` its place in the log.")
    index: int
    role: Role
    name: str | None = None
    text: str
    said_at: Millis
    time_is_arrival: bool = False
    job_id: str
    observations: tuple[Observation, ...] = ()


class ContextTurn(Value):
    """A turn before the window, to be read and not extracted."""

    role: Role
    name: str | None = None
    text: str
    said_at: Millis


class JobShare(Value):
    """A job's part in a window."""

    job_id: str
    attempt: int = 1
    units: int = Field(description="Units of this job in this window.")
    total: int = Field(description="Units of this job in all its windows.")
    tokens: int = Field(description="Estimated tokens of its units here: its share of the cost.")
    trace_id: str = ""
    headers: dict[str, str] = empty("Of its submission, copied through; trace-id stands above.")


class WindowOptions(Value):
    """What all turns of a window agree on."""

    infer: bool = True
    dry_run: bool = False
    max_facts: int = 20
    model: str | None = None
    context: str | None = None
    visibility: Visibility = "user"


class Asked(Value):
    """Who is to extract a window: its generation's choice, so that one extract stage serves generations that differ."""

    extractor: str = "rules"
    model: str | None = Field(None, description="The generation's default; a submission's own option goes before it.")
    prompt: str | None = Field(None, description="Hash of the prompt's text; absent where the extractor has none.")
    prompt_text: str | None = Field(
        None,
        description="Given with the first window of a partition and topic that names this prompt: extract keeps it.",
    )


class WindowClosed(Event):
    """window closed a run of turns of one conversation: extract it."""

    topic: ClassVar[str] = "extractions"
    event: Literal["WindowClosed"] = "WindowClosed"
    generation: int
    session_id: str
    window_id: str
    units: tuple[Unit, ...]
    context_turns: tuple[ContextTurn, ...] = ()
    hints: tuple[Hint, ...] = ()
    options: WindowOptions = WindowOptions()
    asked: Asked = Asked()
    jobs: tuple[JobShare, ...]
    closed_by: ClosedBy
    closed_at: Millis = Field(description="Append time of the record that closed it.")


class GenerationDropped(Event):
    """An operator gave a generation up, in every partition: whoever meets its windows passes over them."""

    topic: ClassVar[str] = "extractions"
    event: Literal["GenerationDropped"] = "GenerationDropped"
    org_id: str = Field("", description="Of no scope, as `user_id`.")
    user_id: str = ""
    generation: int


class Evidence(Value):
    """A turn that proves a statement."""

    turn_id: str
    quote: str | None = Field(None, description="Letter for letter in the turn's text.")
    said_at: Millis
    offset: int
    index: int


class Speaker(Value):
    """Who said it."""

    role: Role
    name: str | None = None


class Mention(Value):
    """A name that occurs in a statement."""

    name: str
    type: str


Provenance = Literal["explicit_statement", "inferred", "corrected", "validated", "observed", "imported"]


class Candidate(Value):
    """A proposed fact, not yet resolved."""

    type: str
    title: str
    content: str
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    about: str
    asserted_by: Speaker
    confidence: float
    confidence_basis: str
    provenance: Provenance
    evidence: tuple[Evidence, ...]
    entities: tuple[Mention, ...] = ()
    occurred_start: Millis | None = None
    occurred_end: Millis | None = None
    expires_at: Millis | None = None


class WindowExtracted(Event):
    """extract has an answer for a window, or gave up on it: the first of an extraction key counts. Or it waits."""

    topic: ClassVar[str] = "results"
    event: Literal["WindowExtracted"] = "WindowExtracted"
    generation: int
    session_id: str
    window_id: str
    extraction_key: str
    outcome: Literal["extracted", "failed", "deferred"] = Field(
        description="deferred: the window waits, and another result follows once it can be answered."
    )
    reason: str | None = Field(
        None,
        description="Why there are no candidates, where known; of a deferred one unavailable, budget or in_line.",
    )
    candidates: tuple[Candidate, ...] = ()
    dropped: dict[str, int] = empty("Proposals dropped, by reason.")
    options: WindowOptions = WindowOptions()
    jobs: tuple[JobShare, ...]
    unit_jobs: dict[str, str] = empty("Turn id -> job id; without turns that dry runs share.")
    units: int
    closed_by: ClosedBy
    closed_at: Millis
    extractor: str
    model: str
    prompt_version: str
    schema_version: int
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_micros: int = Field(0, description="Millionths of a US dollar.")
    latency_ms: int = 0
    attempts: int = 1
    finish_reason: str | None = None
    journal_hit: bool = False
    error: str | None = None
    required: int | None = Field(
        None, description="What an answer may cost, where the budget does not allow it: micros."
    )
    available: int | None = Field(None, description="What the scope's budget has left today.")
    shortfall: int | None = Field(None, description="What is missing.")
