"""The one thing the engine leaves out of its Native format: the header of a result without rows."""

from collections.abc import Sequence
from typing import NamedTuple


class Column(NamedTuple):
    name: str
    type: str


def encode_empty_block(columns: Sequence[Column]) -> bytes:
    """A block with columns and no rows, as a ClickHouse server sends it."""
    parts = [encode_length(len(columns)), encode_length(0)]
    for column in columns:
        parts += [encode_text(column.name), encode_text(column.type)]
    return b"".join(parts)


def encode_text(text: str) -> bytes:
    encoded = text.encode()
    return encode_length(len(encoded)) + encoded


def encode_length(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
