"""The rules of a submission's metadata: a small JSON object whose values keep their type."""

import json
from typing import NoReturn

from schemas.event import Json
from schemas.submission import MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_METADATA_KEYS
from streams import codec
from streams.errors import Invalid

_WIDE = float(1 << 63)


def read_metadata(sent: object, record: bytes) -> dict[str, Json]:
    """What was sent, without fields that are null. Raises Invalid.

    `record`: the bytes it was read from. The parser turns an integer beyond 64 bits into a double; only there can
    one see that it was no double when sent.
    """
    if not isinstance(sent, dict):
        _refuse("must be an object")
    wide: list[float] = []
    metadata: dict[str, Json] = {
        name: _read(value, MAX_METADATA_DEPTH - 1, wide) for name, value in sent.items() if value is not None
    }
    if len(metadata) > MAX_METADATA_KEYS:
        _refuse(f"must have at most {MAX_METADATA_KEYS} keys")
    if len(codec.dumps(metadata)) > MAX_METADATA_BYTES:
        _refuse(f"must be at most {MAX_METADATA_BYTES >> 10} KiB")
    if wide and _was_sent_with_wide_integers(record):
        _refuse("integers must fit in 64 bits")
    return metadata


def _read(value: object, depth: int, wide: list[float]) -> Json:
    """`depth`: levels that may still follow. `wide` collects doubles that may have been sent as integers."""
    match value:
        case dict() | list() if depth == 0:
            _refuse(f"must have at most {MAX_METADATA_DEPTH} levels")
        case dict():
            return {name: _read(part, depth - 1, wide) for name, part in value.items() if part is not None}
        case list():
            return [_read(part, depth - 1, wide) for part in value]
        case float():
            if abs(value) >= _WIDE:
                wide.append(value)
            return value
        case None | bool() | int() | str():
            return value
    raise TypeError(f"JSON cannot hold {type(value).__name__}")


def _was_sent_with_wide_integers(record: bytes) -> bool:
    """As Python's own parser reads it, which keeps every integer; what nests too deep for that one is not trusted."""
    try:
        return _holds_wide_integer(json.loads(record)["metadata"])
    except RecursionError:
        return True


def _holds_wide_integer(value: object) -> bool:
    match value:
        case dict():
            return any(map(_holds_wide_integer, value.values()))
        case list():
            return any(map(_holds_wide_integer, value))
        case int():
            return not -(1 << 63) <= value < 1 << 64
    return False


def _refuse(rule: str) -> NoReturn:
    raise Invalid(rule, field="metadata")
