"""Lanes that write: rows of all lanes go together, and a lane goes on only once its rows are durable."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from streams.adapters.clickhouse import Backoff, Refused
from streams.errors import TransientError
from streams.local.clickhouse.local import LocalClickHouse
from streams.ports import Chunk
from streams.sink.agents import Inserts, LaneWriter, build_writer
from streams.sink.batch import Limits
from tests.streams.sink.store import Record, Store, event_record, fresh_store

AT_ONCE = Backoff(first=0.001, longest=0.001, deadline=0.05)


class Table:
    """Where rows go in these tests. Fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.inserted: list[tuple[str, int]] = []

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        if self.failures:
            raise self.failures.pop(0)
        assert len(columns) == len(data)
        self.inserted.append((table, len(data[0])))

    def submissions(self) -> list[int]:
        """How many rows each insert of this table had."""
        return [rows for name, rows in self.inserted if name == "data.submissions"]


class Held(Table):
    """Inserts take until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        self.begun.set()
        assert self.go_on.wait(10)
        super().insert(table, columns, data)


def lanes(table: Table, count: int, *, rows: int = 1_000, wait_s: float = 0.02) -> list[LaneWriter]:
    inserts = Inserts(table, "data", Limits(rows, wait_s), AT_ONCE)
    return [LaneWriter(inserts) for _ in range(count)]


def chunk(*records: Record) -> Chunk:
    return Chunk("conversations", 0, records, 0, len(records))


def controls(count: int) -> Chunk:
    return chunk(*(event_record("SessionEnded", offset=offset) for offset in range(count)))


async def test_chunks_of_several_lanes_are_inserted_together() -> None:
    table = Table()
    first, second, _idle = lanes(table, 3)
    await asyncio.gather(first.write(controls(2)), second.write(controls(3)))
    assert table.inserted == [("data.submissions", 5), ("data.positions", 2)]


async def test_enough_rows_do_not_wait() -> None:
    table = Table()
    first, _idle = lanes(table, 2, rows=5, wait_s=60)
    await asyncio.wait_for(first.write(controls(5)), 10)
    assert table.inserted == [("data.submissions", 5), ("data.positions", 1)]


async def test_a_chunk_that_is_alone_does_not_wait_for_others() -> None:
    table = Table()
    first, _stands_still = lanes(table, 2, wait_s=60)
    await asyncio.wait_for(first.write(controls(1)._replace(alone=True)), 10)
    assert table.inserted == [("data.submissions", 1), ("data.positions", 1)]


async def test_lanes_that_an_insert_frees_join_the_next() -> None:
    """They come again a moment after it; what waited for it already waits that long for them."""
    table = Held()
    first, second, _idle = lanes(table, 3, wait_s=0.1)
    freed = asyncio.create_task(first.write(controls(1)))
    await asyncio.to_thread(table.begun.wait, 10)
    waiting = asyncio.create_task(second.write(controls(2)))
    await asyncio.sleep(0.2)  # longer than its rows wait for others
    table.go_on.set()
    await freed
    await asyncio.gather(first.write(controls(3)), waiting)
    assert table.submissions() == [1, 5]


async def test_those_who_brought_something_lately_are_waited_for_and_nobody_else() -> None:
    table = Table()
    first, second, silent = lanes(table, 3, rows=20, wait_s=1)
    await asyncio.gather(first.write(controls(5)), second.write(controls(1)), silent.write(controls(1)))
    await asyncio.gather(first.write(controls(5)), second.write(controls(5)))
    await asyncio.gather(first.write(controls(5)), second.write(controls(5)))
    began = asyncio.get_running_loop().time()
    table.inserted.clear()
    for _ in range(20):
        await asyncio.gather(first.write(controls(5)), second.write(controls(5)))
    assert table.submissions() == [10] * 20
    assert asyncio.get_running_loop().time() - began < 10


async def test_nobody_waits_for_a_lane_that_brought_nothing_and_is_gone() -> None:
    table = Table()
    first, _gone = lanes(table, 2, rows=10, wait_s=60)
    del _gone
    await asyncio.wait_for(first.write(controls(2)), 10)
    assert table.inserted == [("data.submissions", 2), ("data.positions", 1)]


async def test_a_lane_that_is_gone_is_waited_for_in_two_batches_at_most() -> None:
    table = Table()
    first, gone = lanes(table, 2, rows=10, wait_s=0.2)
    await asyncio.gather(first.write(controls(1)), gone.write(controls(1)))
    await first.write(controls(5))
    await first.write(controls(5))
    began = asyncio.get_running_loop().time()
    await first.write(controls(5))
    assert asyncio.get_running_loop().time() - began < 0.2


async def test_what_comes_while_a_batch_waits_for_its_turn_goes_with_it_however_much_it_is() -> None:
    """So no lane waits for more than two inserts."""
    table = Held()
    first, *others = lanes(table, 7, rows=10, wait_s=60)
    held = asyncio.create_task(first.write(controls(10)))
    await asyncio.to_thread(table.begun.wait, 10)
    waiting = [asyncio.create_task(other.write(controls(6))) for other in others]
    await asyncio.sleep(0.05)
    table.go_on.set()
    await asyncio.gather(held, *waiting)
    assert table.submissions() == [10, 36]


async def test_few_rows_wait_for_their_time() -> None:
    table = Table()
    (only,) = lanes(table, 1, wait_s=0.05)
    writing = asyncio.create_task(only.write(controls(1)))
    await asyncio.sleep(0.01)
    assert not writing.done()
    assert not table.inserted
    await asyncio.wait_for(writing, 10)
    assert table.inserted == [("data.submissions", 1), ("data.positions", 1)]


async def test_a_chunk_of_ticks_moves_its_position_and_nothing_else() -> None:
    table = Table()
    (only,) = lanes(table, 1)
    await asyncio.wait_for(only.write(chunk(event_record("ConversationIdled"))), 10)
    assert table.inserted == [("data.positions", 1)]


async def test_a_chunk_without_records_writes_nothing() -> None:
    table = Table()
    (only,) = lanes(table, 1, wait_s=60)
    await asyncio.wait_for(only.write(chunk()), 10)
    assert table.inserted == []


async def test_transient_trouble_is_tried_again() -> None:
    table = Table(TransientError("away"), TransientError("away"))
    (only,) = lanes(table, 1)
    await only.write(controls(1))
    assert table.inserted == [("data.submissions", 1), ("data.positions", 1)]


async def test_every_waiting_lane_hears_of_an_error() -> None:
    writers = lanes(Table(Refused("no such table", 60)), 2)
    results = await asyncio.gather(*(writer.write(controls(1)) for writer in writers), return_exceptions=True)
    assert [type(result) for result in results] == [Refused, Refused]


async def test_patience_ends() -> None:
    (only,) = lanes(Table(*[TransientError("away")] * 1_000), 1)
    with pytest.raises(TransientError):
        await only.write(controls(1))


async def test_a_cancelled_lane_takes_nothing_from_the_others() -> None:
    table = Table()
    first, second = lanes(table, 2)
    leaving = asyncio.create_task(first.write(controls(1)))
    await asyncio.sleep(0)
    staying = asyncio.create_task(second.write(controls(2)))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert leaving.cancelled()
    assert table.inserted == [("data.submissions", 3), ("data.positions", 2)]


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LocalClickHouse]:
    with LocalClickHouse(tmp_path) as server:
        yield server


@pytest.mark.clickhouse
@pytest.mark.kills
async def test_rows_survive_a_kill_and_a_restart_of_the_database(own_server: LocalClickHouse) -> None:
    with fresh_store(own_server.address) as store:
        writer = build_writer(store.settings)(0)
        await writer.write(chunk(event_record("SessionEnded", org_id="before")))
        own_server.kill()
        writing = asyncio.create_task(writer.write(chunk(event_record("SessionEnded", org_id="after"))))
        await asyncio.sleep(0.5)
        assert not writing.done()
        await asyncio.to_thread(own_server.start)
        await asyncio.wait_for(writing, 30)
        assert [len(store.view("submissions", org_id)) for org_id in ("before", "after")] == [1, 1]


@pytest.mark.clickhouse
async def test_a_database_that_was_not_migrated_ends_the_sink(clickhouse: LocalClickHouse) -> None:
    with fresh_store(clickhouse.address) as store:
        elsewhere = Store(store.address, "nowhere", store.tables, store.views)
        with pytest.raises(Refused):
            await build_writer(elsewhere.settings)(0).write(chunk(event_record("SessionEnded")))
