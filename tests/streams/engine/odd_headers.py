"""Records whose headers have names that are no text: clients in C write such, those in Python refuse to."""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

Record = tuple[bytes | None, bytes | None, Sequence[tuple[bytes, bytes | None]]]
"""Key, value, and headers with names as bytes."""


class _Name(str):
    """Text that is other bytes on its way."""

    sent: bytes

    def encode(self, *_: Any) -> bytes:
        return self.sent


def name_of(sent: bytes) -> str:
    name = _Name("x" * len(sent))
    name.sent = sent
    return name


def builder(compression: int = 0) -> Any:
    """aiokafka's slow builder, which asks names for their bytes."""
    return _DefaultRecordBatchBuilderPy(
        magic=2,
        compression_type=compression,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=4 << 20,
    )


async def publish(address: str, topic: str, partition: int, records: Sequence[Record]) -> int:
    """Store the records as one batch; the offset of the first."""
    async with AIOKafkaProducer(bootstrap_servers=address, max_request_size=4 << 20) as producer:
        batch = producer.create_batch()
        batch._builder = builder()
        for key, value, headers in records:
            named = [(name_of(name), content) for name, content in headers]
            assert batch.append(key=key, value=value, timestamp=None, headers=named) is not None
        batch.close()
        stored = await (await producer.send_batch(batch, topic, partition=partition))
        return int(stored.offset)
