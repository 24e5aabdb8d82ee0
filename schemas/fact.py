"""Facts: the public contract of the `facts` topic."""

from typing import ClassVar, Literal

from pydantic import Field

from schemas.event import Event, Millis, Value, Visibility, empty
from schemas.extraction import Evidence, Provenance, Speaker


class Interval(Value):
    """When a statement held; `valid_to` null: it still does."""

    valid_from: Millis
    valid_to: Millis | None = None
    superseded_by: str | None = None


class Entity(Value):
    """A name in a fact, resolved within its scope."""

    entity_id: str
    name: str
    type: str
    said_as: str | None = Field(None, description="What it is called in this fact, where that is another name.")


class FactRecorded(Event):
    """resolve learnt, confirmed or changed a fact. Carries the whole fact; the highest revision stands."""

    topic: ClassVar[str] = "facts"
    event: Literal["FactRecorded"] = "FactRecorded"
    generation: int
    fact_id: str
    revision: int
    change: Literal["created", "confirmed", "superseded", "reinstated", "retracted", "erased"]
    status: Literal["active", "superseded", "retracted", "erased"]
    session_id: str = Field(description="Of the conversation that first taught it.")
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
    visibility: Visibility = "user"
    evidence: tuple[Evidence, ...] = Field(description="The earliest turns that say it, at most 20.")
    entities: tuple[Entity, ...] = ()
    confirmations: int = Field(description="Distinct turns that say it.")
    occurred_start: Millis | None = None
    occurred_end: Millis | None = None
    mentioned_at: Millis = Field(description="When the latest turn that says it was said.")
    recorded_at: Millis = Field(description="When the log took what led to this revision.")
    expires_at: Millis | None = None
    superseded_by: str | None = None
    intervals: tuple[Interval, ...]
    job_ids: tuple[str, ...]
    window_id: str = Field(description="Of this revision, as the six that follow.")
    extraction_key: str
    extractor: str
    model: str
    prompt_version: str
    schema_version: int
    trace_ids: tuple[str, ...] = Field((), description="Of the submissions that led to this revision, each once.")
    headers: dict[str, str] = empty("Of the last of them, copied through; trace-id stands above.")


class WindowResolved(Event):
    """resolve is done with a window: all its facts stand before this in the topic."""

    topic: ClassVar[str] = "facts"
    event: Literal["WindowResolved"] = "WindowResolved"
    generation: int
    session_id: str
    window_id: str
    extraction_key: str
    facts_created: int = 0
    facts_reconfirmed: int = 0
    facts_superseded: int = 0
    recorded_at: Millis


FactEvent = FactRecorded | WindowResolved
