"""Ends the process when nothing moves although something should: a supervisor starts it again."""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any, NoReturn

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine.exits import EngineError, ExitCode, die, dump_stacks, exit_anyway, fatal
from streams.engine.lane import Lane
from streams.engine.lanes import Lanes
from streams.engine.report import report
from streams.engine.settings import EngineSettings
from streams.engine.standstill import is_of_stage, modules_of
from streams.engine.vitals import Vitals, vitals_of_lanes

Positions = dict[TopicPartition, int]


class Watchdog:
    """Looks at every lane from the event loop, and at the event loop from a thread."""

    def __init__(self, stage: str, lanes: Lanes, settings: EngineSettings) -> None:
        self._stage = stage
        self._lanes, self._limit_s = lanes, settings.watch_s
        self._every_s = settings.watch_s / 10
        self._ends = LogEnds(settings, timeout_s=2 * self._every_s)
        self._behind: dict[Lane, tuple[Positions, float]] = {}
        self._pulse = 0
        self._pulsed_at = self._answered_at = time.monotonic()
        self._answered = True
        self._known: Positions = {}

    def start(self) -> asyncio.Task[None]:
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()
        return asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            with fatal():
                self._pulse += 1
                self._pulsed_at = time.monotonic()
                self._watch_steps()
                await self._watch_lag()

    def _watch_steps(self) -> None:
        for lane in self._lanes:
            if time.monotonic() > lane.deadline:
                self._end(f"lane {lane}: a step takes longer than allowed")

    async def _watch_lag(self) -> None:
        """An idle lane is stuck when its positions stay where they are, below the ends of the logs."""
        idle = {lane: lane.cursor.positions for lane in self._lanes if lane.idle}
        ends = await self._ends.ask([source for positions in idle.values() for source in positions])
        behind = {lane: positions for lane, positions in idle.items() if ends and _is_behind(positions, ends)}
        now = time.monotonic()
        for lane, positions in behind.items():
            seen, since = self._behind.get(lane, (positions, now))
            if seen == positions and now - since > self._limit_s:
                self._end(f"lane {lane}: stays at {list(positions.values())} below the ends of its sources")
        self._behind = {
            lane: known if (known := self._behind.get(lane)) and known[0] == positions else (positions, now)
            for lane, positions in behind.items()
        }
        await self._note_ends(ends, idle)

    async def _note_ends(self, ends: Positions, idle: Mapping[Lane, Positions]) -> None:
        """For `vitals`: the ends that the idle lanes' sources have, and then those of the others."""
        busy = [source for lane in self._lanes if lane not in idle for source in lane.cursor.positions]
        if idle and not ends:
            self._answered = False
            return
        more = await self._ends.ask(busy)
        self._answered = bool(more) or not busy
        if self._answered:
            self._known, self._answered_at = ends | more, time.monotonic()

    def vitals(self) -> Vitals:
        """How the stage is, as of the last look. From any thread."""
        now = time.monotonic()
        since = {lane: since for lane, (_, since) in self._behind.items()}
        return Vitals(
            self._stage,
            joined=self._lanes.joined,
            silent_s=max(0.0, now - self._pulsed_at),
            unanswered_s=0.0 if self._answered else max(0.0, now - self._answered_at),
            watch_s=self._limit_s,
            lanes=vitals_of_lanes(self._lanes, self._known, since),
        )

    def _end(self, why: str, code: ExitCode = ExitCode.STUCK) -> NoReturn:
        exit_anyway(code)  # the log may be what is stuck
        dump_stacks(self._loop)
        die(EngineError(code, f"{why}. The stacks of threads and tasks were written to stderr"))

    def _watch_loop(self) -> None:
        """Counts its own looks, not seconds: a process that was stopped as a whole did not stand still."""
        look_s, seen, silent = self._every_s / 2, -1, 0.0
        while silent < self._limit_s:
            time.sleep(look_s)
            seen, silent = self._pulse, (silent + look_s if seen == self._pulse else 0.0)
        self._end("the event loop stands still", ExitCode.HUNG if self._is_hung() else ExitCode.STUCK)

    def _is_hung(self) -> bool:
        """Asked while the event loop stands still: other lanes may be in their stages too, and wait for an answer."""
        task = asyncio.current_task(self._loop)
        if task is None:
            return False
        called = any(lane.is_in_stage(task) for lane in self._lanes)
        return is_of_stage(modules_of(task, self._thread), called=called)


class LogEnds:
    """Stable ends of logs, asked through a client of its own: the group's consumer may be what is stuck."""

    def __init__(self, settings: EngineSettings, *, timeout_s: float) -> None:
        self._settings, self._timeout_s = settings, timeout_s
        self._client: Any = None

    async def ask(self, sources: list[TopicPartition]) -> Positions:
        """The ends, or nothing when the broker does not answer in time (a chunk in flight is timed anyway)."""
        if not sources:
            return {}
        try:
            return await asyncio.wait_for(self._ask(sources), self._timeout_s)
        except (KafkaError, TimeoutError) as error:
            report("log_ends_unknown", error=type(error).__name__)
            client, self._client = self._client, None
            await client.stop()
            return {}

    async def _ask(self, sources: list[TopicPartition]) -> Positions:
        if self._client is None:
            self._client = AIOKafkaConsumer(
                **self._settings.client(), isolation_level="read_committed", enable_auto_commit=False
            )
            await self._client.start()
        ends: Positions = await self._client.end_offsets(sources)
        return ends


def _is_behind(positions: Positions, ends: Positions) -> bool:
    return any(ends.get(source, 0) > position for source, position in positions.items())
