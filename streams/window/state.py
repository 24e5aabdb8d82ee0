"""What window remembers of a conversation, and how: a small head, and each waiting turn in a key of its own.

Keys: `w` + conversation is the head (`Conversation`), rewritten for every turn. `t` + conversation + number is a turn,
written once, and overwritten with nothing when no window needs it. Numbers are used again: however long a conversation
is, it holds one window's turns and the context before it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from streams import codec
from streams.ports import State
from streams.window.shares import Share
from streams.window.units import Fields


@dataclass(slots=True)
class Conversation:
    """The open window (none while `units` is 0) and where the turns before it lie."""

    units: int
    weight: int
    opened_at: int
    """Append time of the window's first turn."""
    last_at: int
    """Append time of the conversation's last turn, as long as a window is open."""
    last_said_at: int
    """When that turn was said."""
    context: list[int]
    """Numbers of the turns before the window, oldest first."""
    options: Fields
    """Of the window: `schemas.extraction.WindowOptions` without defaults."""


def slots(context: Iterable[int], units: int) -> list[int]:
    """Under which numbers a window's units lie: the lowest ones that its context turns do not hold."""
    taken = set(context)
    return [number for number in range(units + len(taken)) if number not in taken][:units]


def next_slot(context: Sequence[int], units: int) -> int:
    """The number of the unit after so many: the last of `slots(context, units + 1)`."""
    number = units
    if not context:
        return number
    for taken in sorted(context):
        if taken <= number:
            number += 1
    return number


class WindowUnit(NamedTuple):
    """A unit in its window."""

    turn_id: str
    piece: int
    tokens: int
    share: Share | None
    """With the first unit of a job in the window."""
    content: bytes
    """`schemas.extraction.Unit` in JSON, as it will be sent."""


def encode_turn(unit: WindowUnit) -> bytes:
    """A line about a whole turn, then the turn. JSON has no line ends of its own."""
    about = codec.dumps((unit.turn_id, unit.tokens, *(unit.share or ())))
    return about + b"\n" + unit.content


def decode_turn(value: bytes) -> WindowUnit:
    about, _, content = value.partition(b"\n")
    turn_id, tokens, *share = orjson.loads(about)
    return WindowUnit(turn_id, 0, tokens, Share(*share) if share else None, content)


def _encode_head(head: Conversation) -> bytes:
    return codec.dumps(
        (head.units, head.weight, head.opened_at, head.last_at, head.last_said_at, head.context, head.options)
    )


def _decode_head(value: bytes) -> Conversation:
    return Conversation(*orjson.loads(value))


class Conversations:
    """The conversations that a chunk touches: what it changed first, then the table, which it leaves alone."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._heads: dict[bytes, Conversation] = {}
        self._turns: dict[bytes, bytes] = {}

    def find(self, conversation: bytes) -> Conversation | None:
        head = self._heads.get(conversation)
        if head is None and (value := self._state.get(b"w" + conversation)) is not None:
            head = self._heads[conversation] = _decode_head(value)
        return head

    def create(self, conversation: bytes) -> Conversation:
        head = self._heads[conversation] = Conversation(0, 0, 0, 0, 0, [], {})
        return head

    def keep(self, conversation: bytes, number: int, unit: WindowUnit) -> None:
        self._turns[_turn_key(conversation, number)] = encode_turn(unit)

    def forget(self, conversation: bytes, number: int) -> None:
        self._turns[_turn_key(conversation, number)] = b""

    def turns(self, conversation: bytes, numbers: Iterable[int]) -> list[WindowUnit]:
        """The turns under these numbers. Raises KeyError for one that was never kept."""
        found = []
        for number in numbers:
            key = _turn_key(conversation, number)
            value = self._turns.get(key)
            found.append(decode_turn(self._state[key] if value is None else value))
        return found

    def changes(self) -> dict[bytes, bytes]:
        """What differs from the table now."""
        changes = dict(self._turns)
        for conversation, head in self._heads.items():
            key, value = b"w" + conversation, _encode_head(head)
            if self._state.get(key) != value:
                changes[key] = value
        return changes


def _turn_key(conversation: bytes, number: int) -> bytes:
    return b"t%b%b" % (conversation, number.to_bytes(2))
