"""A value of any size in a table: over 1 MiB it stands in numbered parts beside a small head."""

from collections.abc import Callable, Iterator
from struct import Struct

from streams.overlay import Readable

MAX_VALUE = 1 << 20
_NUMBER = Struct(">I")
_PARTED = b"P"
"""First byte of a head that only counts the parts; no value begins with it."""

PartKey = Callable[[bytes], bytes]
"""The key of the part with this number (4 bytes)."""


def split(key: bytes, part_key: PartKey, value: bytes) -> dict[bytes, bytes]:
    """The table changes that keep a value."""
    if len(value) <= MAX_VALUE:
        return {key: value}
    pieces = [value[at : at + MAX_VALUE] for at in range(0, len(value), MAX_VALUE)]
    changes = {part_key(_NUMBER.pack(number)): piece for number, piece in enumerate(pieces)}
    return {**changes, key: _PARTED + _NUMBER.pack(len(pieces))}


def join(table: Readable, key: bytes, part_key: PartKey) -> bytes | None:
    """The value, or None where there is none or it is dead."""
    value = table.get(key)
    if not value or not value.startswith(_PARTED):
        return value or None
    return b"".join(table.get(part) or b"" for part in _parts(value, part_key))


def bury(table: Readable, key: bytes, part_key: PartKey) -> dict[bytes, bytes]:
    """The changes after which the value is dead: nothing is deleted from a table."""
    value = table.get(key) or b""
    parts = _parts(value, part_key) if value.startswith(_PARTED) else ()
    return {**dict.fromkeys(parts, b""), key: b""}


def _parts(head: bytes, part_key: PartKey) -> Iterator[bytes]:
    (parts,) = _NUMBER.unpack(head[1:])
    return (part_key(_NUMBER.pack(number)) for number in range(parts))
