"""The journal: replies in the stage's table, by scope and extraction key. Written once, never changed.

    b"e" scope(16) extraction_key(16)              -> the answer as compact JSON, or how many parts it has
    b"p" scope(16) extraction_key(16) number(4)    -> a part of an answer over 1 MiB
    b"s" scope(16) extraction_key(16)              -> what tries in vain have used so far, as JSON; empty once answered
A question answered once is never asked again, whichever generation asks; it is forgotten when its scope is erased.
"""

from typing import NamedTuple

import orjson

from schemas.event import Value
from streams import codec
from streams.errors import Spent
from streams.extract import parts
from streams.extract.extractor import Reply
from streams.overlay import Overlay, Readable

MAX_VALUE = parts.MAX_VALUE


class JournalKey(NamedTuple):
    """Whose question, and which."""

    scope: bytes
    extraction_key: bytes

    def entry(self) -> bytes:
        return b"e" + self.scope + self.extraction_key

    def part(self, number: bytes) -> bytes:
        return b"p" + self.scope + self.extraction_key + number

    def spent(self) -> bytes:
        return b"s" + self.scope + self.extraction_key


class Answer(Value):
    """A reply, and the window (of a generation) that it was asked for: the one that pays."""

    generation: int
    window_id: str
    reply: Reply


def find(table: Readable, key: JournalKey) -> Answer | None:
    """The journaled answer, if this question was answered before."""
    value = parts.join(table, key.entry(), key.part)
    return None if value is None else Answer.model_validate_json(value)


def entry(key: JournalKey, answer: Answer) -> dict[bytes, bytes]:
    """The table changes that make an answer durable."""
    return parts.split(key.entry(), key.part, answer.model_dump_json(exclude_defaults=True).encode())


def spend(table: Overlay, key: JournalKey, more: Spent) -> None:
    """Add what a try in vain has used: whoever gets the answer pays for it too."""
    if any(more):
        table.put(key.spent(), codec.dumps([*_sum(_spent(table, key), more)]))


def settle(table: Overlay, key: JournalKey, reply: Reply) -> Reply:
    """The reply with what the tries before it have used, which then counts no more."""
    before = _spent(table, key)
    if not any(before):
        return reply
    table.put(key.spent(), b"")
    total = _sum(before, used(reply))
    return reply.model_copy(update=total._asdict())


def used(reply: Reply) -> Spent:
    """What a reply took."""
    return Spent(*(getattr(reply, name) for name in Spent._fields))


def _spent(table: Readable, key: JournalKey) -> Spent:
    value = table.get(key.spent())
    return Spent(*orjson.loads(value)) if value else Spent()


def _sum(one: Spent, other: Spent) -> Spent:
    return Spent(*(mine + more for mine, more in zip(one, other, strict=True)))
