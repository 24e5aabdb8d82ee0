"""A stage's table while a chunk is handled: what the chunk changed, over what is committed."""

from streams.ports import State


class Overlay:
    """Reads see earlier writes of the same chunk; `changes` is what the transaction makes durable."""

    __slots__ = ("changes", "committed")

    def __init__(self, committed: State) -> None:
        self.committed = committed
        self.changes: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        value = self.changes.get(key)
        return self.committed.get(key) if value is None else value

    def put(self, key: bytes, value: bytes) -> None:
        self.changes[key] = value
