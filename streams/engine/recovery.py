"""A lane's table, read back from its changelog. Faust's own recovery hangs on a tail of transaction markers."""

from collections.abc import Callable, MutableMapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.exits import EngineError, ExitCode
from streams.engine.settings import EngineSettings
from streams.engine.transaction import IDENTITY, RESERVED

FETCH_BYTES = 4 << 20


class Recovered(NamedTuple):
    """What a changelog holds beside the table: the position reached in each source topic, what it was made with."""

    positions: dict[str, int]
    identity: str | None


async def recover(
    settings: EngineSettings,
    topic: str,
    number: int,
    rows: MutableMapping[bytes, bytes],
    *,
    progress: Callable[[], None] = lambda: None,
) -> Recovered:
    """Read a changelog partition to its end into `rows`. Only after the fence: nobody else may write it any more.

    Raises EngineError HANGING when a transaction is still open there: commits above it would never become readable,
    or would be taken over by its late marker.
    """
    changelog = TopicPartition(topic, number)
    consumer = AIOKafkaConsumer(
        **settings.client(),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    try:
        await consumer.start()
        own = await _read(consumer, changelog, rows, progress)
    finally:
        await consumer.stop()
    identity = own.pop(IDENTITY, None)
    positions = {key[1:].decode(): int(value) for key, value in own.items()}
    return Recovered(positions, None if identity is None else identity.decode())


async def _read(
    consumer: AIOKafkaConsumer,
    changelog: TopicPartition,
    rows: MutableMapping[bytes, bytes],
    progress: Callable[[], None],
) -> dict[bytes, bytes]:
    """Fill `rows` -> what the engine wrote there for itself."""
    own: dict[bytes, bytes] = {}
    consumer.assign([changelog])
    stable_end = (await consumer.end_offsets([changelog]))[changelog]
    await consumer.seek_to_beginning(changelog)
    while consumer.highwater(changelog) is None or await consumer.position(changelog) < stable_end:
        for records in (await consumer.getmany(timeout_ms=100)).values():
            # of ours no value is ever missing; what somebody else took out is as empty as a dead one
            rows.update([(record.key, record.value or b"") for record in records if record.key[:1] != RESERVED])
            own.update([(record.key, record.value) for record in records if record.key[:1] == RESERVED])
        progress()
    if consumer.highwater(changelog) > stable_end:
        raise EngineError(
            ExitCode.HANGING,
            f"{changelog.topic}/{changelog.partition}: a transaction hangs at {stable_end}, the log ends at "
            f"{consumer.highwater(changelog)}. Find and abort it with kafka-transactions.sh find-hanging and abort",
        )
    return own
