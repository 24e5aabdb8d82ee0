"""What all our events share: frozen, named in the past tense, versioned, forgiving when read and exact when written."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Millis = Annotated[int, Field(description="Milliseconds since 1970-01-01 UTC.")]
Role = Literal["user", "assistant", "system", "tool", "document"]
Visibility = Literal["user", "knowledge", "hive"]
Json = JsonValue


def empty(description: str | None = None) -> Any:
    """The default of a dict that may be missing. Given as a value, pydantic would copy it deeply for every event."""
    return Field(default_factory=dict, description=description, json_schema_extra={"default": {}})


class Value(BaseModel):
    """A part of an event."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")


class Event(Value):
    """One thing that happened. `event` and `version` name its form; an older reader survives new optional fields."""

    version: int = 1
    org_id: str
    user_id: str

    topic: ClassVar[str]
    """The topic it is written to, without prefix and generation."""


class Coordinate(Value):
    """Where a record first lay."""

    topic: str
    partition: int
    offset: int
    timestamp: Millis
