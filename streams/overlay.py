"""A table while a chunk is handled: what was changed, above what it stands on."""

from typing import Protocol


class Readable(Protocol):
    """A table, or another overlay."""

    def get(self, key: bytes, /) -> bytes | None: ...


class Overlay:
    """Reads see earlier writes; `changes` is what a transaction makes durable. What lies below is never touched."""

    __slots__ = ("below", "changes")

    def __init__(self, below: Readable) -> None:
        self.below = below
        self.changes: dict[bytes, bytes] = {}

    def get(self, key: bytes, /) -> bytes | None:
        value = self.changes.get(key)
        return self.below.get(key) if value is None else value

    def put(self, key: bytes, value: bytes) -> None:
        self.changes[key] = value
