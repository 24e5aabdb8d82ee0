"""Publishing: records handed to Kafka one after another, each acknowledged or told why not."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError

from streams.adapters.kafka_security import client_security
from streams.adapters.kafka_trouble import errors_of_ours, refusal_at_the_door
from streams.errors import TransientError
from streams.ports import Output
from streams.settings import KafkaAccess, Settings

RECORD_OVERHEAD = 1 << 10
"""What a batch with one record needs beside key, value and headers, generously."""
LEAVE_S = 5.0
"""How long a producer may take to say goodbye when what it still holds is given up."""


class Publisher:
    """Sends records with an idempotent producer; the partition is the key's murmur2, as Java counts.

    The order of one key's records is kept, also across restarts of the broker. An asynchronous context.
    """

    def __init__(
        self,
        brokers: str,
        access: KafkaAccess | None = None,
        *,
        max_record: int,
        in_flight: int = 2_000,
        patience_s: float = 300.0,
    ) -> None:
        """`access`: by default a broker in the clear; `max_record`: what the topic takes, in bytes; `patience_s`: how
        long to wait for a broker that is away."""
        self._brokers, self._patience = brokers, patience_s
        self._security = client_security(access) if access else {}
        self._limit = max_record - RECORD_OVERHEAD
        self._room = asyncio.Semaphore(in_flight)
        self._pending: set[asyncio.Future[Any]] = set()
        self._producer: Any = None

    async def __aenter__(self) -> Self:
        with errors_of_ours(self._brokers):
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._brokers.split(","),
                **self._security,
                enable_idempotence=True,
                acks="all",
                linger_ms=5,
                max_batch_size=min(256 << 10, self._limit),
                max_request_size=self._limit,
                retry_backoff_ms=100,
                request_timeout_ms=int(max(40.0, self._patience) * 1000),  # also how long a batch waits for its broker
            )
            try:
                await self._producer.start()
            except KafkaConnectionError:
                await self._producer.stop()
                await refusal_at_the_door(self._brokers, self._security)
                raise
            except BaseException:
                await self._producer.stop()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the producer. After an error what was not acknowledged yet is given up."""
        if not self._pending:
            await self._producer.stop()
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._producer.stop(), LEAVE_S)

    async def send(self, record: Output, on_result: Callable[[str | None], None]) -> None:
        """Hand one record over; waits while too many are under way.

        `on_result` is called later with None when Kafka has acknowledged it, or with the reason why it never will.
        Raises TransientError when Kafka stays away longer than the patience allows.
        """
        size = sum(map(len, (record.key or b"", record.value or b"")))
        size += sum(len(name.encode()) + len(content) for name, content in record.headers)
        if size > self._limit:
            on_result(f"the record is larger than the topic takes ({size} bytes)")
            return
        await self._wait_for_room()
        try:
            future = await self._hand_over(record)
        except KafkaError as error:
            self._room.release()
            on_result(f"{type(error).__name__}: {error}")
            return
        self._pending.add(future)
        future.add_done_callback(lambda done: self._settle(done, on_result))

    async def flush(self) -> None:
        """Wait until every record is acknowledged or failed. Raises TransientError when none is for too long."""
        while self._pending:
            done, _ = await asyncio.wait(
                set(self._pending), timeout=self._patience, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                raise TransientError(self._away())

    async def _wait_for_room(self) -> None:
        try:
            async with asyncio.timeout(self._patience if self._room.locked() else None):
                await self._room.acquire()
        except TimeoutError:
            raise TransientError(self._away()) from None

    async def _hand_over(self, record: Output) -> asyncio.Future[Any]:
        """A record that found no place in time was not taken: it may be offered again."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._patience
        while True:
            try:
                sent = self._producer.send(
                    record.topic, record.value, record.key, record.partition, headers=list(record.headers)
                )
                future: asyncio.Future[Any] = await sent
                return future
            except KafkaTimeoutError:
                if clock() > deadline:
                    raise

    def _settle(self, future: asyncio.Future[Any], on_result: Callable[[str | None], None]) -> None:
        self._pending.discard(future)
        self._room.release()
        if future.cancelled():
            on_result("given up")
        else:
            error = future.exception()
            on_result(None if error is None else f"{type(error).__name__}: {error}")

    def _away(self) -> str:
        return f"Kafka at {self._brokers} acknowledged nothing for {self._patience:g} s"


def open_publisher(settings: Settings, *, max_record: int, patience_s: float = 300.0) -> Publisher:
    """A publisher to the Kafka that the settings name. Nothing is sent yet."""
    return Publisher(settings.kafka, settings.kafka_access, max_record=max_record, patience_s=patience_s)
