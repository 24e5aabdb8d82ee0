"""Seeded turns as publishers send them, in three shapes, and what must come out: each turn once, in order.

Every scope has one conversation. The same arguments give the same records.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from streams.ids import scope_key
from streams.partitioning import partition_of

START = 1_760_000_000_000
TEXT = 180
"""Characters of a turn's text; a record of one turn then has some 320 bytes."""
REPEATED = 0.2
TURNS_A_SCOPE = 10
MANY = 10
"""Turns in a record of the shape of this name."""
OPEN = 100_000
"""Conversations that are open at the same time in the shape `interleaved`."""
WORDS = ("apple", "bread", "cloud", "door", "field", "green", "house", "kitchen", "river", "stone", "under", "winter")
Turn = dict[str, Any]


class Sent(NamedTuple):
    """A record, and those of its turns that were not sent before."""

    key: bytes
    value: bytes
    new: tuple[Turn, ...]


class Seen:
    """What came out of one partition so far: how many turns, and a hash over all of them in order."""

    def __init__(self) -> None:
        self.turns = 0
        self._hash = blake2b(digest_size=16)

    def add(self, key: bytes, event_id: str, role: str, text: str, timestamp: int) -> None:
        self.turns += 1
        self._hash.update(f"{key!r}\x1f{event_id}\x1f{role}\x1f{text}\x1f{timestamp}\x1e".encode())

    def digest(self) -> tuple[int, str]:
        return self.turns, self._hash.hexdigest()


def one(turns: int, *, text: int = TEXT) -> Iterator[Sent]:
    """One turn a record; a fifth of the records were sent before, some time."""
    draw, texts = random.Random(7), texts_of(text)
    scopes = scopes_of(max(1, turns // TURNS_A_SCOPE))
    sent: list[Sent] = []
    for number in range(turns):
        if sent and draw.random() < REPEATED:
            yield sent[draw.randrange(len(sent))]._replace(new=())
        else:
            sent.append(record(draw.choice(scopes), [turn(number, draw, texts)], new=1))
            yield sent[-1]


def many(turns: int, *, text: int = TEXT) -> Iterator[Sent]:
    """Ten turns a record, two of which their conversation has had before."""
    draw, texts = random.Random(7), texts_of(text)
    scopes = scopes_of(max(1, turns // TURNS_A_SCOPE // 5))
    said: dict[int, list[Turn]] = {index: [] for index in range(len(scopes))}
    for number in range(turns // MANY):
        index = number % len(scopes)
        known = said[index]
        repeated = draw.sample(known, round(MANY * REPEATED)) if known else []
        new = [turn(number * MANY + place, draw, texts) for place in range(MANY - len(repeated))]
        known += new
        yield record(scopes[index], [*new, *repeated], new=len(new))


def interleaved(turns: int, *, text: int = TEXT, conversations: int = OPEN) -> Iterator[Sent]:
    """One turn a record, nothing twice; all conversations are open, and each speaks once before one speaks again."""
    draw, texts = random.Random(7), texts_of(text)
    scopes = scopes_of(min(conversations, max(1, turns // 2)))
    for number in range(turns):
        yield record(scopes[number % len(scopes)], [turn(number, draw, texts)], new=1)


SHAPES: Mapping[str, Callable[..., Iterator[Sent]]] = {"one": one, "many": many, "interleaved": interleaved}


class Scope(NamedTuple):
    org_id: str
    user_id: str


def scopes_of(number: int) -> list[Scope]:
    return [Scope(f"org{index % 50:03d}", f"user{index:06d}") for index in range(number)]


@lru_cache
def texts_of(length: int) -> list[str]:
    draw = random.Random(length)
    return [" ".join(draw.choices(WORDS, k=length // 4 + 1))[:length].strip() for _ in range(1_000)]


def turn(number: int, draw: random.Random, texts: list[str]) -> Turn:
    return {
        "role": "user" if number % 2 else "assistant",
        "text": draw.choice(texts),
        "event_id": f"e{number:08d}",
        "timestamp": START + number,
    }


def record(scope: Scope, turns: list[Turn], *, new: int) -> Sent:
    """`new`: how many of the turns, the first ones, are."""
    value = orjson.dumps({**scope._asdict(), "session_id": f"of-{scope.user_id}", "turns": turns})
    return Sent(scope_key(*scope), value, tuple(turns[:new]))


@lru_cache(maxsize=1 << 20)
def place_of(key: bytes, partitions: int) -> int:
    return partition_of(key, partitions)
