"""What a small chunk takes along, and what it does not."""

from collections.abc import Awaitable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException

from streams.engine.cursor import CALM, ENOUGH, FEW, LOOKS, Cursor, Limits
from streams.engine.note import Note
from streams.engine.offsets import Committed
from streams.ports import Chunk, Record

PLACE = TopicPartition("turns", 3)


def record(offset: int, size: int = 1) -> Record:
    return Record("turns", 3, offset, 0, None, bytes(size), ())


class Fetched(Cursor):
    """A cursor for which one record of a byte at a time was fetched; `once`: what is raised the first time instead."""

    def __init__(
        self, note: Note, *, records: int | None = None, calm_from: int = 0, once: Exception | None = None
    ) -> None:
        super().__init__(
            cast(Any, SimpleNamespace(kafka_consumer=None)), ("turns",), 3, Limits(records, 100, 0.001, 0.001)
        )
        self.notes, self.next, self.once = {PLACE: note}, 10, once
        self._calm_from = {PLACE: calm_from}

    async def _drain(self, consumer: Any, sources: Sequence[TopicPartition]) -> Chunk | None:
        assert list(sources) == [PLACE]
        if self.once:
            error, self.once = self.once, None
            raise error
        self.next += 1
        return Chunk("turns", 3, [record(self.next - 1)], self.next - 1, self.next)


async def gathered(cursor: Fetched, size: int = 1) -> Chunk:
    return await cursor._gathered(None, Chunk("turns", 3, [record(9, size)], 9, 10))


async def test_a_small_chunk_takes_along_what_comes() -> None:
    found = await gathered(Fetched(Note()))
    assert ([each.offset for each in found.records], found.before, found.after) == ([9, 10, 11], 9, 12)


@pytest.mark.parametrize(
    ("before", "records", "wait_s"),
    [(1, 1, 0.1), (FEW - 3, FEW - 1, 0.1), (FEW, 1, 0.03), (1, FEW, 0.03), (1, ENOUGH - 1, 0.03)],
)
async def test_few_records_after_few_wait_longer_for_more(
    before: int, records: int, wait_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("streams.engine.cursor.asyncio.sleep", sleep)
    cursor = Fetched(Note())
    cursor._limits = Limits(None, 1 << 20, 0.03, 0.1)
    for number in (before, records):
        slept.clear()
        await cursor._gathered(None, Chunk("turns", 3, [record(0)] * number, 0, number))
    assert slept[0] == wait_s / LOOKS
    assert sum(slept) <= wait_s


async def test_markers_alone_wait_for_nothing() -> None:
    cursor, markers = Fetched(Note()), Chunk("turns", 3, [], 9, 10)
    assert await cursor._gathered(None, markers) == markers
    assert cursor.next == 10


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
    cursor = Fetched(Note(), once=CorruptRecordException("turns/3"))
    found = await gathered(cursor)
    assert ([each.offset for each in found.records], found.after) == ([9], 10)
    with pytest.raises(CorruptRecordException):
        await cursor._take(0)


async def test_a_run_after_a_death_begins_with_small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def starts(_: object) -> dict[TopicPartition, int]:
        return {PLACE: 7}

    async def committed(*_: object) -> dict[TopicPartition, Committed]:
        return {PLACE: Committed(9)}

    monkeypatch.setattr("streams.engine.cursor.fetch_committed", committed)
    coordinator = SimpleNamespace(generation=1, member_id="me")
    consumer = SimpleNamespace(_coordinator=coordinator, beginning_offsets=starts, seek=lambda *_: None)
    assignment = SimpleNamespace(tps={PLACE})
    thread = SimpleNamespace(
        kafka_consumer=consumer, current_assignment=lambda: assignment, is_current=lambda _: True, run=awaited
    )
    for died, calm_from in (("", 9), ("run-1", 9 + CALM)):
        cursor = Cursor(cast(Any, thread), ("turns",), 3, Limits(None, 100, 0.001, 0.001))
        await cursor.open(None, died=died)
        assert cursor._calm_from == {PLACE: calm_from}


async def awaited(step: Awaitable[None]) -> None:
    await step
