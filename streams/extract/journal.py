"""The journal: replies in the stage's table, by scope and extraction key. Written once, never changed.

    b"e" scope(16) extraction_key(16)              -> the answer as compact JSON, or b"P" + number of parts (4 bytes)
    b"p" scope(16) extraction_key(16) number(4)    -> a part of an answer over 1 MiB
A question answered once is never asked again, whichever generation asks; it is forgotten when its scope is erased.
"""

from struct import Struct
from typing import NamedTuple

from schemas.event import Value
from streams.extract.extractor import Reply
from streams.ports import State

MAX_VALUE = 1 << 20
_NUMBER = Struct(">I")
_PARTED = b"P"


class JournalKey(NamedTuple):
    """Whose question, and which."""

    scope: bytes
    extraction_key: bytes

    def entry(self) -> bytes:
        return b"e" + self.scope + self.extraction_key

    def part(self, number: int) -> bytes:
        return b"p" + self.scope + self.extraction_key + _NUMBER.pack(number)


class Answer(Value):
    """A reply, and the window (of a generation) that it was asked for: the one that pays."""

    generation: int
    window_id: str
    reply: Reply


def find(state: State, key: JournalKey) -> Answer | None:
    """The journaled answer, if this question was answered before."""
    value = state.get(key.entry())
    if value is None:
        return None
    if value.startswith(_PARTED):
        (parts,) = _NUMBER.unpack(value[1:])
        value = b"".join(state[key.part(number)] for number in range(parts))
    return Answer.model_validate_json(value)


def entry(key: JournalKey, answer: Answer) -> dict[bytes, bytes]:
    """The table changes that make an answer durable."""
    value = answer.model_dump_json(exclude_defaults=True).encode()
    if len(value) <= MAX_VALUE:
        return {key.entry(): value}
    parts = [value[at : at + MAX_VALUE] for at in range(0, len(value), MAX_VALUE)]
    changes = {key.part(number): part for number, part in enumerate(parts)}
    return changes | {key.entry(): _PARTED + _NUMBER.pack(len(parts))}
