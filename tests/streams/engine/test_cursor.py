"""What a small chunk takes along, and what it does not."""

from collections.abc import Sequence
from typing import Any, cast

from aiokafka import TopicPartition

from streams.engine.cursor import Cursor
from streams.engine.note import Note
from streams.ports import Chunk, Record

PLACE = TopicPartition("turns", 3)


def record(offset: int) -> Record:
    return Record("turns", 3, offset, 0, None, b"", ())


class Fetched(Cursor):
    """A cursor for which one record at a time was fetched."""

    def __init__(self, note: Note, *, chunk_max: int | None = None) -> None:
        super().__init__(cast(Any, None), ("turns",), 3, chunk_max, 0.001)
        self.notes, self.next = {PLACE: note}, 10

    async def _drain(self, consumer: Any, sources: Sequence[TopicPartition]) -> Chunk | None:
        assert list(sources) == [PLACE]
        self.next += 1
        return Chunk("turns", 3, [record(self.next - 1)], self.next - 1, self.next)


async def gathered(cursor: Fetched) -> Chunk:
    return await cursor._gathered(None, Chunk("turns", 3, [record(9)], 9, 10))


async def test_a_small_chunk_takes_along_what_comes() -> None:
    found = await gathered(Fetched(Note()))
    assert ([each.offset for each in found.records], found.before, found.after) == ([9, 10, 11], 9, 12)


async def test_a_suspect_stays_alone() -> None:
    """Also the last one: whatever lay in its chunk would be given up with it."""
    found = await gathered(Fetched(Note().careful(9, 1)))
    assert ([each.offset for each in found.records], found.after) == ([9], 10)


async def test_a_largest_size_is_kept() -> None:
    assert len((await gathered(Fetched(Note(), chunk_max=1))).records) == 1
