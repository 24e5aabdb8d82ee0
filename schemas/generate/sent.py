"""Facts, jobs and the header of dead letters as JSON Schema."""

from typing import Any

from pydantic import BaseModel, create_model

from schemas.dead_letter import KEPT_OF_LARGE, DeadLetter
from schemas.event import Event
from schemas.fact import FactRecorded, WindowResolved
from schemas.generate.shape import Shape, shape_of
from schemas.job import JobChanged
from streams.errors import PermanentError

PUBLIC: tuple[type[Event], ...] = (FactRecorded, WindowResolved, JobChanged)
NOT_IN_THE_HEADER = ("key", "value", "headers", "kept")
ABOUT_DEAD_LETTERS = {
    "code": "Why it was refused.",
    "message": "The rule and the path of the field; never what the field held.",
    "subject": "What was refused: a submission, a control record, some turns of an accepted one, or a window.",
    "topic": "Where the record lay, with `partition` and `offset`.",
    "timestamp": "Of the record, in milliseconds since 1970.",
    "field": "The path of the field, such as turns.3.role.",
    "turn_ids": "The turns in conflict, where the subject is turns.",
    "retryable": "Whether the same may succeed later: of a window, asked by another generation.",
}


def events() -> tuple[Shape, ...]:
    """The public events. A field that holds its default is left out of a record; new optional fields may come."""
    return tuple(map(_event, PUBLIC))


def dead_letter_header() -> Shape:
    """The JSON in the header `turnlog` of a dead letter."""
    kept = {name: kind for name, kind in DeadLetter.__annotations__.items() if name not in NOT_IN_THE_HEADER}
    fields: dict[str, Any] = {name: (kind, ...) for name, kind in kept.items()}
    fields |= {"bytes": (int | None, ...), "sha256": (str, ...)}
    model: type[BaseModel] = create_model("DeadLetterHeader", **fields)
    shape = shape_of(model)
    properties = shape.schema["properties"]
    for name, text in ABOUT_DEAD_LETTERS.items():
        properties[name]["description"] = text
    properties["code"]["examples"] = codes()
    properties["bytes"]["description"] = "Length of the original value; null where the record had none."
    properties["sha256"]["description"] = "Of the original value."
    properties["kept"] = {
        "type": "integer",
        "description": f"Where the value is not whole: how many of its first bytes are here (0 or {KEPT_OF_LARGE}).",
    }
    shape.schema["description"] = "Why a record could not be processed, and where it lay."
    return shape


def codes() -> list[str]:
    """Of every way to refuse a record."""
    return [kind.code for kind in PermanentError.__subclasses__()]


def _event(event: type[Event]) -> Shape:
    shape = shape_of(event)
    fields = shape.schema["properties"]
    fields["event"].pop("default")
    fields["version"] = {"const": fields["version"]["default"]}
    first = ("event", "version")
    shape.schema["properties"] = {name: fields[name] for name in first} | fields
    shape.schema["required"] = [*first, *shape.schema["required"]]
    shape.schema["description"] += " A field that is left out holds its default. Ignore fields that you do not know."
    return shape
