"""What publishers send on `turns`: submissions and control records.

The rules are the contract's: unknown fields are ignored, known fields are strict, null means absent. Sizes of texts are
counted in characters. Reading a record into these models is ingest's work (`streams/ingest/decode.py`).
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.event import Json, Visibility

MAX_RECORD_BYTES = 1 << 20
MAX_HEADERS = 1_000
"""Of a record. Those after are neither read nor kept: an empty one is two bytes when sent, ten where we write it."""
MAX_TURNS = 200
MAX_TEXT = 100_000
MAX_TAGS = 64
MAX_METADATA_KEYS = 64
MAX_METADATA_BYTES = 16 << 10
MAX_METADATA_DEPTH = 8

ROLE_ALIASES = {"human": "user", "ai": "assistant", "model": "assistant", "bot": "assistant"}
FACT_TYPES = (
    "fact", "preference", "goal", "decision", "artifact", "learning", "event",
    "instruction", "relationship", "context", "observation", "commitment", "error",
)  # fmt: skip

Id = Annotated[str, Field(min_length=1, max_length=256)]
Label = Annotated[str, Field(max_length=256)]


class Sent(BaseModel):
    """Strict about what it knows, deaf to what it does not."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class SentObservation(Sent):
    """A fact the publisher already knows."""

    content: str = Field(min_length=1, max_length=10_000)
    type: str | None = Field(None, max_length=64)
    confidence: float | None = Field(None, ge=0, le=1)
    occurred_at: str | int | float | None = None


class SentTurn(Sent):
    """One speaker's contribution, as the publisher sent it."""

    role: str = Field(description="user, assistant, system, tool or document; human = user, ai, model, bot = assistant")
    text: str = Field(max_length=MAX_TEXT, description="Stored letter for letter, after secrets are replaced.")
    name: Label | None = Field(None, description="Who speaks, where several people do.")
    timestamp: str | int | float | None = Field(
        None, description="When it was said: RFC 3339, or epoch seconds or milliseconds. Without zone: UTC."
    )
    event_id: Id | None = Field(None, description="The publisher's own id, unique in the conversation.")
    observations: tuple[SentObservation, ...] | None = Field(None, strict=False, max_length=100)


class SentEntity(Sent):
    """A hint: this name occurs, and it is of this type."""

    text: str = Field(min_length=1, max_length=256)
    type: str | None = Field(None, max_length=64)


class SentOptions(Sent):
    """How a submission wants to be treated. Everything is optional."""

    write_active: bool = True
    write_passive: bool = True
    infer: bool = True
    dry_run: bool = False
    max_facts: int = Field(20, ge=1, le=100)
    model: Label | None = None
    flush: bool = False


class Submission(Sent):
    """Some turns of one conversation, sent together: one record on `turns`, one job."""

    type: Literal["submission"] = "submission"
    org_id: Id
    user_id: Id
    session_id: Id = "default-session"
    turns: tuple[SentTurn, ...] = Field(strict=False, min_length=1, max_length=MAX_TURNS)
    job_id: Id | None = Field(None, description="The publisher's idempotency handle, unique in the scope.")
    document_id: Label | None = None
    collection_id: Label | None = None
    title: Label | None = None
    context: str | None = Field(None, max_length=1_000, description="A short label of the situation.")
    entities: tuple[SentEntity, ...] = Field((), strict=False, max_length=256)
    tags: tuple[Annotated[str, Field(max_length=128)], ...] = Field((), strict=False)
    document_tags: tuple[Annotated[str, Field(max_length=128)], ...] = Field((), strict=False)
    metadata: dict[str, Json] = Field({}, max_length=MAX_METADATA_KEYS)
    visibility: Visibility = "user"
    options: SentOptions = SentOptions()


class Control(Sent):
    """Says something about a conversation instead of adding turns to it."""

    type: Literal["session_ended", "flush"]
    org_id: Id
    user_id: Id
    session_id: Id = "default-session"
