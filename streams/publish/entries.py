"""A file's lines as records to publish: submissions as they stand, raw bytes, or turns gathered into submissions."""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from streams.publish.entry import Entry, describe, key_of
from streams.publish.gather import gather
from streams.publish.lines import InputError, Line

RAW = ("raw_b64", "value_b64")


class Parsed(NamedTuple):
    """A line and the JSON object in it."""

    number: int
    text: bytes
    fields: dict[str, Any]

    @property
    def session(self) -> tuple[Any, ...] | None:
        """What consecutive lines of one submission have in common; None where the line is no turn."""
        get = self.fields.get
        if "conversation_id" not in self.fields or "text" not in self.fields:
            return None
        return get("source"), get("conversation_id"), get("session_id"), get("delivery")


def read_entries(lines: Iterable[Line], *, people: bool = False) -> Iterator[Entry]:
    """The records that the lines stand for, in their order. `people`: every speaker is a user.

    Raises InputError at the first line that has none of the forms.
    """
    for session, group in groupby(map(parse, lines), key=lambda parsed: parsed.session):
        if session is None:
            yield from map(read_entry, group)
        else:
            yield from gather(((parsed.number, parsed.fields) for parsed in group), people=people)


def parse(line: Line) -> Parsed:
    """Raises InputError for anything but a JSON object."""
    try:
        fields = orjson.loads(line.text)
    except orjson.JSONDecodeError as error:
        raise InputError(f"line {line.number} is not JSON: {error.msg}") from None
    if not isinstance(fields, dict):
        raise InputError(f"line {line.number} is not a JSON object")
    return Parsed(line.number, line.text, fields)


def read_entry(parsed: Parsed) -> Entry:
    """A line that is one record of its own: raw bytes, or the submission or control record itself."""
    for name in RAW:
        if name in parsed.fields:
            return _read_raw(parsed, name)
    kind, conversation, turns = describe(parsed.fields)
    return Entry(parsed.number, key_of(parsed.fields), parsed.text, (), kind, conversation, turns)


def _read_raw(parsed: Parsed, name: str) -> Entry:
    try:
        key, value = _bytes(parsed.fields.get("key_b64")), _bytes(parsed.fields[name])
        headers = _headers(parsed.fields.get("headers") or {})
    except (TypeError, ValueError, AttributeError, binascii.Error):
        raise InputError(f"line {parsed.number}: {name}, key_b64 or headers cannot be read") from None
    if key is None and value is None:
        raise InputError(f"line {parsed.number}: a record needs a key or a value")
    kind, conversation, turns = describe(_fields(value))
    return Entry(parsed.number, key, value, headers, kind, conversation, turns)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text, validate=True)


def _headers(headers: dict[str, str] | list[list[str]]) -> tuple[tuple[str, bytes], ...]:
    """An object of names to texts, or a list of names with base64."""
    if isinstance(headers, dict):
        return tuple((name, text.encode()) for name, text in headers.items())
    if not all(isinstance(name, str) for name, _ in headers):
        raise TypeError("a header's name is text")
    return tuple((name, b64decode(content, validate=True)) for name, content in headers)


def _fields(value: bytes | None) -> dict[str, Any]:
    """What a reader would make of the bytes; nothing where they are no JSON object."""
    try:
        fields = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    return fields if isinstance(fields, dict) else {}
