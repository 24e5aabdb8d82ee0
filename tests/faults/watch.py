"""Looks at a running stack from a thread of its own: lags, ends of topics, and which process died when."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from streams.adapters.kafka import KafkaAdmin, Place, open_kafka
from streams.admin.lag import LagMeter
from streams.errors import TransientError
from streams.settings import Settings
from tests.faults.ledger import Outage

T = TypeVar("T")
LOOK_EVERY_S = 0.05
ANSWER_S = 12.0
"""A broker that answers later than this counts as away."""


class Watch:
    """As a context it looks; its methods wait for an answer, at most `ANSWER_S`, and give None where there is none."""

    def __init__(self, settings: Settings, pids: Callable[[], Mapping[str, int | None]]) -> None:
        self._settings, self._pids = settings, pids
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="watch", daemon=True)
        self._opened: tuple[AsyncExitStack, KafkaAdmin, LagMeter] | None = None
        self.deaths: dict[str, list[Outage]] = defaultdict(list)
        """By part: from when until when it was seen to be dead."""
        self._dead: dict[str, float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        self._looking = asyncio.run_coroutine_threadsafe(self._look(), self._loop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._looking.cancel()
        with suppress(Exception):  # it is to end, whatever state the broker is in
            self._ask(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def lags(self) -> Mapping[str, int] | None:
        """Records that each stage has still to read."""
        return self._ask(self._lags())

    def ends(self) -> Mapping[int, int] | None:
        """How many records each partition of the publishers' topic holds."""
        return self._ask(self._ends())

    def _ask(self, question: Coroutine[Any, Any, T]) -> T | None:
        asked = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return asked.result(2 * ANSWER_S)
        except TimeoutError:
            asked.cancel()
            return None

    async def _lags(self) -> Mapping[str, int] | None:
        measured = await self._with_broker(lambda _, meter: meter.measure())
        return None if measured is None else {lag.stage: lag.records for lag in measured}

    async def _ends(self) -> Mapping[int, int] | None:
        topic = self._settings.turns_topic
        places = [Place(topic, number) for number in range(self._settings.partitions)]
        ends = await self._with_broker(lambda kafka, _: kafka.ends(places))
        return None if ends is None else {place.partition: end for place, end in ends.items()}

    async def _with_broker(self, ask: Callable[[KafkaAdmin, LagMeter], Coroutine[Any, Any, T]]) -> T | None:
        try:
            async with asyncio.timeout(ANSWER_S):
                if self._opened is None:
                    opened = AsyncExitStack()
                    kafka = await opened.enter_async_context(open_kafka(self._settings, timeout_s=ANSWER_S))
                    self._opened = opened, kafka, LagMeter(kafka, self._settings)
                _, kafka, meter = self._opened
                return await ask(kafka, meter)
        except (TransientError, TimeoutError):
            await self._close()
            return None

    async def _close(self) -> None:
        if self._opened is not None:
            (opened, _, _), self._opened = self._opened, None
            with suppress(TransientError, TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await opened.aclose()

    async def _look(self) -> None:
        """Note every end and every new start of a process, also those that nobody asked for."""
        known: dict[str, int | None] = {}
        while True:
            now, pids = time.monotonic(), self._pids()
            for name, pid in pids.items():
                before = known.get(name, pid)
                if before != pid and name not in self._dead:
                    self._dead[name] = now - LOOK_EVERY_S
                if pid is not None and name in self._dead:
                    self.deaths[name].append(Outage(self._dead.pop(name), now))
            known |= pids
            await asyncio.sleep(LOOK_EVERY_S)
