"""Events to bytes and back. Unknown fields are ignored; an unknown event or version is an error of ours."""

from collections.abc import Callable
from typing import TypeVar

import orjson

from schemas.event import Event
from schemas.extraction import GenerationDropped, WindowClosed, WindowExtracted
from schemas.fact import FactRecorded, WindowResolved
from schemas.job import JobChanged
from schemas.log import (
    ConversationIdled,
    FlushRequested,
    JobResubmitted,
    SessionEnded,
    SubmissionAccepted,
    SubmissionRefused,
)
from streams.errors import TurnlogError

EVENTS: dict[str, type[Event]] = {
    event.__name__: event
    for event in (
        SubmissionAccepted, JobResubmitted, SubmissionRefused, SessionEnded, FlushRequested, ConversationIdled,
        WindowClosed, GenerationDropped, WindowExtracted, FactRecorded, WindowResolved, JobChanged,
    )
}  # fmt: skip
_BEGINNINGS: dict[type[Event], bytes] = {
    event: b'{"event":"%b","version":%d' % (name.encode(), event.model_fields["version"].default)
    for name, event in EVENTS.items()
}
_READERS: dict[bytes, Callable[[bytes], Event]] = {
    begins: event.__pydantic_validator__.validate_json for event, begins in _BEGINNINGS.items()
}
E = TypeVar("E", bound=Event)


class UnknownEvent(TurnlogError):
    """The topic holds an event this version does not know: upgrade this worker."""


def encode(event: Event) -> bytes:
    """One line of JSON; fields that hold their default are left out, but for `event` and `version`."""
    fields = event.__pydantic_serializer__.to_json(event, exclude_defaults=True)
    return b"%b,%b" % (_BEGINNINGS[type(event)], fields[1:])


def decode(value: bytes) -> Event:
    """The event in a record's value. Raises UnknownEvent, or pydantic's ValidationError for one that is malformed."""
    reader = _READERS.get(value[: value.find(b",", value.find(b",") + 1)])
    return reader(value) if reader else _decode_foreign(value)


def _decode_foreign(value: bytes) -> Event:
    """The same for JSON that somebody else may have written: its fields in any order."""
    fields = orjson.loads(value)
    kind = EVENTS.get(fields.get("event"))
    if kind is None or fields["version"] != 1:
        raise UnknownEvent(f"event {fields.get('event')!r} version {fields.get('version')!r}")
    return kind.model_validate(fields)


def decode_as(kind: type[E], value: bytes) -> E:
    """The event in a record's value, where only `kind` can be. Raises as `decode`, and TypeError for another kind."""
    return as_kind(kind, decode(value))


def as_kind(kind: type[E], event: Event) -> E:
    """The event, which has to be of this kind. Raises TypeError for another."""
    if not isinstance(event, kind):
        raise TypeError(f"expected {kind.__name__}, met {type(event).__name__}")
    return event


def dumps(value: object, option: int | None = None) -> bytes:
    """A value as JSON, in as many bytes as it has.

    What orjson returns keeps the 4 KiB that it was written in for as long as it lives: in a table that is ten times its
    size, and a chunk's outputs drive each other from the processor's cache (a quarter of window's time).
    """
    return b"%b" % orjson.dumps(value, option=option)
