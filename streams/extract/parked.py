"""Windows that wait in the stage's table until they can be answered, in lines: one per scope and generation.

    b"h" scope(16) generation(4)                    -> the head of a line as JSON; empty when nobody waits
    b"w" scope(16) generation(4) number(4)          -> a window: headers, a line break, the record's value; in parts
    b"v" scope(16) generation(4) number(4) part(4)  -> over 1 MiB
    b"d" scope(16) generation(4) number(4)          -> the reason that was told of it
A window that left is dead: its values are empty. A line that is empty begins again at number 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from struct import Struct
from typing import NamedTuple

import orjson

from streams import codec
from streams.extract import parts
from streams.extract.deferral import Reason
from streams.overlay import Overlay, Readable
from streams.ports import Headers

_GENERATION = Struct(">I")
_HEAD = b"h"


class Head(NamedTuple):
    """The numbers that wait, `first` to `after` - 1, and what is known of the first."""

    first: int = 0
    after: int = 0
    due: int = 0
    """When to try the first again; epoch ms."""
    tries: int = 0
    away: str = ""
    """The extractor that it waits for, if it is that."""
    tried_at: int = 0
    """When it was last tried in vain; epoch ms."""
    alone: int = 0
    """How often it was tried in vain while others got their answers."""
    mark: str = ""
    """Of the settings with which it was tried."""

    def __bool__(self) -> bool:
        return self.first < self.after


class Waiting(NamedTuple):
    """A record as it was parked."""

    number: int
    headers: Headers
    value: bytes


def line_of(scope: bytes, generation: int) -> bytes:
    """The name of a line in the table."""
    return scope + _GENERATION.pack(generation)


def generation_of(line: bytes) -> int:
    """Whose windows wait in it."""
    (generation,) = _GENERATION.unpack_from(line, len(line) - _GENERATION.size)
    return int(generation)


def scope_of(line: bytes) -> bytes:
    """Whose line it is."""
    return line[: -_GENERATION.size]


class Parked:
    """The lines of one lane's table. `heads`: those where somebody waits, the one looked at longest ago first."""

    def __init__(self, table: Mapping[bytes, bytes]) -> None:
        self.heads = {
            key[1:]: Head(*orjson.loads(value)) for key, value in table.items() if value and key.startswith(_HEAD)
        }

    def __contains__(self, line: bytes) -> bool:
        return line in self.heads

    def waiting(self, table: Readable, line: bytes, most: int) -> Iterator[Waiting]:
        """The first of a line, in order."""
        head = self.heads[line]
        for number in range(head.first, min(head.after, head.first + most)):
            content = parts.join(table, _key(b"w", line, number), _part(line, number))
            assert content is not None, "a window waits until it has left"
            headers, value = content.split(b"\n", 1)
            yield Waiting(number, [(name, bytes.fromhex(kept)) for name, kept in orjson.loads(headers)], value)

    def park(self, table: Overlay, line: bytes, headers: Headers, value: bytes) -> int:
        """Put a record at the end of a line -> its number."""
        head = self.heads.get(line, Head())
        kept: Sequence[object] = [(name, (content or b"").hex()) for name, content in headers]
        content = codec.dumps(kept) + b"\n" + value
        _put_all(table, parts.split(_key(b"w", line, head.after), _part(line, head.after), content))
        self._put(table, line, head._replace(after=head.after + 1))
        return head.after

    def leave(self, table: Overlay, line: bytes) -> None:
        """The first of a line has its answer. Of the next nothing is known yet."""
        head = self.heads[line]
        _put_all(table, parts.bury(table, _key(b"w", line, head.first), _part(line, head.first)))
        table.put(_key(b"d", line, head.first), b"")
        self._put(table, line, Head(head.first + 1, head.after))

    def put_off(self, table: Overlay, line: bytes, head: Head) -> None:
        """The first of a line waits on: `head` says what is known of it now."""
        self._put(table, line, head)

    def told(self, table: Readable, line: bytes, number: int) -> str:
        """The reason that was told of a window."""
        return (table.get(_key(b"d", line, number)) or b"").decode()

    def tell(self, table: Overlay, line: bytes, number: int, reason: Reason) -> None:
        table.put(_key(b"d", line, number), reason.encode())

    def _put(self, table: Overlay, line: bytes, head: Head) -> None:
        self.heads.pop(line, None)
        if head:
            self.heads[line] = head  # at the end: the others have their turn first
            table.put(_HEAD + line, codec.dumps([*head]))
        else:
            table.put(_HEAD + line, b"")


def _key(letter: bytes, line: bytes, number: int) -> bytes:
    return letter + line + _GENERATION.pack(number)


def _part(line: bytes, number: int) -> parts.PartKey:
    return lambda part: _key(b"v", line, number) + part


def _put_all(table: Overlay, changes: Mapping[bytes, bytes]) -> None:
    for key, value in changes.items():
        table.put(key, value)
