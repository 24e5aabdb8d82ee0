"""What a small chunk takes along, and what it does not."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException

from streams.engine.cursor import CALM, Cursor, Limits
from streams.engine.note import Note
from streams.ports import Chunk, Record

PLACE = TopicPartition("turns", 3)


def record(offset: int, size: int = 1) -> Record:
    return Record("turns", 3, offset, 0, None, bytes(size), ())


class Fetched(Cursor):
    """A cursor for which one record of a byte at a time was fetched; `then`: what comes instead."""

    def __init__(
        self, note: Note, *, records: int | None = None, calm_from: int = 0, then: Exception | None = None
    ) -> None:
        super().__init__(cast(Any, SimpleNamespace(kafka_consumer=None)), ("turns",), 3, Limits(records, 100, 0.001))
        self.notes, self.next, self.then = {PLACE: note}, 10, then
        self._calm_from = {PLACE: calm_from}

    async def _drain(self, consumer: Any, sources: Sequence[TopicPartition]) -> Chunk | None:
        assert list(sources) == [PLACE]
        if self.then:
            raise self.then
        self.next += 1
        return Chunk("turns", 3, [record(self.next - 1)], self.next - 1, self.next)


async def gathered(cursor: Fetched, size: int = 1) -> Chunk:
    return await cursor._gathered(None, Chunk("turns", 3, [record(9, size)], 9, 10))


async def test_a_small_chunk_takes_along_what_comes() -> None:
    found = await gathered(Fetched(Note()))
    assert ([each.offset for each in found.records], found.before, found.after) == ([9, 10, 11], 9, 12)


async def test_a_suspect_stays_alone() -> None:
    """Also the last one: whatever lay in its chunk would be given up with it."""
    found = await gathered(Fetched(Note().careful(9, 1)))
    assert ([each.offset for each in found.records], found.after) == ([9], 10)


async def test_a_largest_size_is_kept() -> None:
    assert len((await gathered(Fetched(Note(), records=1))).records) == 1


async def test_nothing_joins_a_chunk_that_is_large_in_bytes() -> None:
    assert len((await gathered(Fetched(Note()), size=99)).records) == 2
    assert len((await gathered(Fetched(Note()), size=100)).records) == 1


async def test_after_a_death_chunks_stay_small_until_its_cause_is_passed() -> None:
    """Else the chunk that holds it is larger each time, and it takes more deaths to tell which record it is."""
    assert len((await gathered(Fetched(Note(), calm_from=9 + CALM))).records) == 1
    assert len((await gathered(Fetched(Note(), calm_from=9))).records) == 3


async def test_a_batch_that_cannot_be_read_waits_until_what_is_in_hand_is_done() -> None:
    cursor = Fetched(Note(), then=CorruptRecordException("turns/3"))
    found = await gathered(cursor)
    assert ([each.offset for each in found.records], found.after) == ([9], 10)
    with pytest.raises(CorruptRecordException):
        await cursor._take(0)
