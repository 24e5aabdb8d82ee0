"""Generations that were given up: nothing more is asked for their windows, and those that wait are let go.

b"x" generation(4)    -> b"1", for ever: a number is not used again
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from schemas.extraction import GenerationDropped
from streams.extract.parked import Parked, generation_of
from streams.overlay import Overlay, Readable

LET_GO = 1_000
"""Parked windows that one transaction lets go."""


def learn(table: Overlay, event: GenerationDropped) -> None:
    """Remember it with this transaction."""
    table.put(_key(event.generation), b"1")


def is_dropped(table: Readable, generation: int) -> bool:
    return bool(table.get(_key(generation)))


def let_go(parked: Parked, table: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """What changes in the table when the first of the windows that wait for nothing leave it; {}: there are none."""
    overlay = Overlay(table)
    for line in islice(_waiting_in_vain(parked, table), LET_GO):
        parked.leave(overlay, line)
    return overlay.changes


def _waiting_in_vain(parked: Parked, table: Readable) -> Iterator[bytes]:
    """A line as often as there are windows in it."""
    for line, head in list(parked.heads.items()):
        if is_dropped(table, generation_of(line)):
            yield from [line] * (head.after - head.first)


def _key(generation: int) -> bytes:
    return b"x" + generation.to_bytes(4)
