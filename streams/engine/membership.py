"""Faust's consumer, reduced to group membership: it joins, is assigned and revoked; lanes do the reading.

Every override of Faust's insides is here or in `app.py`, with the reason beside it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver

from streams.engine.exits import die, fatal
from streams.engine.topics import check_topics

Result = TypeVar("Result")
WATCH_S = 1.0
NEVER_MS = 24 * 3600 * 1000
"""Busy lanes prove their life to our own watchdog, not by polling."""


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Owns the aiokafka consumer of the group, in a thread and loop of its own."""

    @property
    def kafka_consumer(self) -> Any:
        return self._ensure_consumer()

    def current_assignment(self) -> Any:
        """The assignment as an object: another object means that a rebalance happened in between."""
        subscription = self.kafka_consumer._subscription.subscription
        return subscription and subscription.assignment

    def is_current(self, assignment: Any) -> bool:
        """Whether nothing was revoked since, and nothing is about to be."""
        reassigning = self.kafka_consumer._subscription.reassignment_in_progress
        return assignment is self.current_assignment() and not reassigning

    async def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Run in this thread's loop. (`call_thread` is a queue: lanes waiting in it would block each other.)"""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.thread_loop))

    async def check_topics(self) -> None:
        await check_topics(self.kafka_consumer._client, self.app.spec)

    async def leave(self) -> None:
        """Leave the group and stop the consumer."""
        if self._consumer is not None:
            self._watching.cancel()
            await self._consumer.stop()

    async def on_start(self) -> None:
        with fatal():
            await super().on_start()
            await self.check_topics()
        self._watching = asyncio.create_task(self._watch_membership())
        fetcher, settings = self.kafka_consumer._fetcher, self.app.settings
        wait_longer_when_idle(fetcher, busy_ms=settings.fetch_wait_ms, idle_ms=settings.idle_wait_ms)

    async def _watch_membership(self) -> None:
        """End the process on errors that `getmany` would raise: unseen, membership or fetching just stops."""
        while True:
            await asyncio.sleep(WATCH_S)
            with fatal():
                self.kafka_consumer._coordinator.check_errors()
                if self.kafka_consumer._fetcher.error_future.done():
                    self.kafka_consumer._fetcher.error_future.result()

    def _create_worker_consumer(self, transport: object) -> Any:
        """Upstream fixes read_uncommitted and a wait of 1.5 s, and does not co-partition the topics without a table."""
        spec, settings = self.app.spec, self.app.settings
        self._assignor = self.app.assignor
        return AIOKafkaConsumer(
            **settings.client(),
            client_id=spec.app_id,
            group_id=spec.app_id,
            group_instance_id=settings.instance_id,
            partition_assignment_strategy=[self._assignor],
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_poll_interval_ms=NEVER_MS,
            max_partition_fetch_bytes=spec.fetch_bytes or settings.fetch_bytes,
            fetch_max_wait_ms=settings.fetch_wait_ms,
            session_timeout_ms=round(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=round(settings.heartbeat_s * 1000),
            rebalance_timeout_ms=round(settings.rebalance_timeout_s * 1000),
        )

    async def crash(self, reason: BaseException) -> None:
        die(reason)  # upstream: an orderly stop that may wait for a broker


class Consumer(driver.Consumer):  # type: ignore[misc]
    """Tells the lanes about assignments; neither reads nor commits."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: object) -> None:
        """Lanes pull instead."""

    async def _commit(self, offsets: object) -> bool:
        return True  # only transactions and writers commit

    async def on_partitions_revoked(self, revoked: set[Any]) -> None:
        with fatal():
            await self.app.lanes.close()
            await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[Any], generation_id: int = 0) -> None:
        with fatal():
            await self.app.lanes.close()
            await self._thread.run(self._thread.check_topics())
            await super().on_partitions_assigned(assigned, generation_id)
            self.app.lanes.open(self._thread, sorted({tp.partition for tp in assigned}))
            self.app.on_rebalance_end()  # upstream calls it when its own recovery is done

    async def crash(self, reason: BaseException) -> None:
        die(reason)


class Producer(driver.Producer):  # type: ignore[misc]
    """Faust's own producer, never connected: stages return outputs, lanes deliver them."""

    async def on_start(self) -> None: ...

    async def on_stop(self) -> None: ...


class Transport(driver.Transport):  # type: ignore[misc]
    Consumer = Consumer
    Producer = Producer


class Tables(TableManager):  # type: ignore[misc]
    """No recovery by Faust and no changelog in the group's subscription: lanes read it themselves."""

    async def on_start(self) -> None:
        self._tables_finalized.set()
        self._tables_registered.set()

    async def on_rebalance(self, *args: object) -> None: ...


def wait_longer_when_idle(fetcher: Any, *, busy_ms: int, idle_ms: int) -> None:
    """Let fetches wait long while every assigned partition takes part in them.

    A partition whose records were fetched but not all taken is missing from the fetch in flight and cannot be asked for
    until that one ends, so only then the wait must be short.
    """
    actions = fetcher._get_actions_per_node

    def actions_with_fitting_wait(assignment: Any) -> Any:
        idle = not any(
            tp in fetcher._records or not assignment.state_value(tp).has_valid_position for tp in assignment.tps
        )
        fetcher._fetch_max_wait_ms = idle_ms if idle else busy_ms
        return actions(assignment)

    fetcher._get_actions_per_node = actions_with_fitting_wait
