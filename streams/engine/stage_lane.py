"""The lane of a stage whose effects are Kafka transactions: fence, recover, agree on positions, then commit chunks."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping
from contextlib import suppress
from types import MappingProxyType

from aiokafka import TopicPartition

from streams import failpoints
from streams.engine.disk_table import DiskTable
from streams.engine.exits import EngineError, ExitCode, die
from streams.engine.lane import Commit, Lane
from streams.engine.note import MOST_CRASHES
from streams.engine.recovery import recover
from streams.engine.report import report
from streams.engine.stage_code import kind_of
from streams.engine.transaction import Delivery, Reached, Transactions
from streams.ports import Chunk, Crashes, Effects, GivingUp, Processor, SourceRecord, Ticking

STOP_S = 5.0


class StageLane(Lane):
    """Runs a Processor over a table of committed values."""

    _rows: MutableMapping[bytes, bytes] = {}  # replaced when it is recovered
    _processor: Processor
    _transactions: Transactions | None = None
    _committing: asyncio.Task[None] | None = None
    _ticking: Ticking | None = None
    _next_tick: float = math.inf

    @property
    def keys(self) -> int:
        return len(self._rows)

    async def _open(self) -> int:
        """Fence the previous owner, then read what it left: table, committed offset. This order is the guarantee."""
        assert self.spec.changelog is not None
        assert self.spec.build is not None
        self._transactions = Transactions(self.spec, self.settings, self.number)
        await self._transactions.fence()
        failpoints.reach("fenced")
        self._rows = {} if self.spec.tables_dir is None else DiskTable(self.spec.tables_dir)
        positions, identity = await recover(
            self.settings, self.spec.changelog, self.number, self._rows, progress=self.step
        )
        failpoints.reach("recovered")
        self._check_identity(identity)
        recorded = {TopicPartition(topic, self.number): at for topic, at in positions.items()}
        await self.cursor.open(recorded, died=self.settings.died)
        self._state = MappingProxyType(self._rows)
        with self._stage_code():
            self._processor = self.spec.build(self.number, self._state)
        if isinstance(self._processor, Ticking):
            self._ticking, self._next_tick = self._processor, time.monotonic() + self._processor.tick_every
        return len(self._rows)

    def _check_identity(self, found: str | None) -> None:
        assert self._transactions is not None
        if found is None:
            self._transactions.say_identity()
        elif found != self.spec.identity:
            raise EngineError(
                ExitCode.FOREIGN,
                f"{self.spec.changelog}/{self.number} was made with the hash key of fingerprint {found}, this worker "
                f"has {self.spec.identity}: set TURNLOG_HASH_KEY to the first one",
            )

    async def _handle(self, chunk: Chunk) -> None:
        with self._stage_code():
            effects = self._processor.process(chunk, self._state)
        if isinstance(effects, Effects):
            await self._commit(effects, chunk, self._reached_at(chunk, chunk.after))
        else:
            await self._commit_each(effects, chunk)

    async def _commit_each(self, items: AsyncIterator[Effects], chunk: Chunk) -> None:
        """One transaction per item, each committed before the next is asked for."""
        reached = chunk.before
        try:
            while (effects := await self._next_effects(items)) is not None:
                position = effects.position
                if position is not None and not reached <= position <= chunk.after:
                    raise EngineError(ExitCode.POISON, f"the stage moved from position {reached} to {position}")
                await self._commit(effects, chunk, None if position is None else self._reached_at(chunk, position))
                reached = reached if position is None else position
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()
        if reached != chunk.after:
            raise EngineError(ExitCode.POISON, f"the stage ended at position {reached} instead of {chunk.after}")

    async def _next_effects(self, items: AsyncIterator[Effects]) -> Effects | None:
        self.patiently()
        try:
            with self._stage_code():
                return await anext(items, None)
        finally:
            self.step()

    async def _tick(self) -> float:
        if self._ticking is None or time.monotonic() < self._next_tick:
            return self._next_tick
        failpoints.reach("tick")
        async with self._turn(self._door.beside()):
            await self._tick_now(self._ticking)
        self._next_tick = time.monotonic() + self._ticking.tick_every
        return self._next_tick

    async def _tick_now(self, ticking: Ticking) -> None:
        with self._stage_code():
            effects = ticking.tick(int(time.time() * 1000), self._state)
        if isinstance(effects, Effects):
            await self._commit(effects, None, None)
        else:
            await self._commit_ticks(effects)

    async def _commit_ticks(self, items: AsyncIterator[Effects]) -> None:
        try:
            while (effects := await self._next_effects(items)) is not None:
                await self._commit(effects, None, None)
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()

    async def _give_up(self, record: SourceRecord, chunk: Chunk, reached: Reached, crashes: Crashes) -> None:
        if isinstance(self._processor, GivingUp) and crashes.number <= MOST_CRASHES:
            try:
                assert self._transactions is not None
                with self._stage_code():  # where it ends the process that is one more crash
                    effects = self._processor.give_up(record, self._state, crashes)
                    delivery = self._transactions.prepare(effects, reached)
            except EngineError as error:
                report("only_buried", stage=self.spec.name, partition=self.number, error=kind_of(error))
            else:
                await self._send(delivery, chunk)
                return
        assert self.spec.bury is not None
        with self._stage_code():
            effects = self.spec.bury(record, crashes)
        await self._commit(effects, chunk, reached)

    async def _write_note(self, reached: Reached) -> None:
        await self._commit(Effects(), None, reached)

    async def _commit(self, effects: Effects, chunk: Chunk | None, reached: Reached | None) -> None:
        assert self._transactions is not None
        with self._stage_code():
            delivery = self._transactions.prepare(effects, reached)
        await self._send(delivery, chunk)

    async def _send(self, delivery: Delivery | None, chunk: Chunk | None) -> None:
        assert self._transactions is not None
        if delivery is not None:
            failpoints.reach("effects_made")
            self._committing = asyncio.create_task(self._deliver(self._transactions, delivery, chunk))
            await asyncio.shield(self._committing)  # never cancelled: it may commit all the same

    async def _deliver(self, transactions: Transactions, delivery: Delivery, chunk: Chunk | None) -> None:
        started = time.monotonic()
        self.step()
        try:
            await transactions.deliver(delivery)
            failpoints.reach("committed")
            self._rows.update(delivery.changes)
            if delivery.reached is not None:
                self._noted(delivery.reached)
            self.on_commit(
                Commit(
                    self.spec.name,
                    self.number,
                    chunk,
                    delivery.reached and delivery.reached.position,
                    delivery.outputs,
                    len(delivery.changes),
                    time.monotonic() - started,
                    delivery.counts,
                )
            )
        except BaseException as error:
            die(error)
        self.step()

    async def _release(self) -> None:
        if self._committing is not None:
            await asyncio.wait([self._committing])
        if self._transactions is not None:
            with suppress(Exception):  # every commit is done: a producer that cannot say goodbye loses nothing
                await asyncio.wait_for(self._transactions.stop(), STOP_S)
        rows, self._rows = self._rows, {}
        if isinstance(rows, DiskTable):
            rows.close()
