"""Record batches as Kafka hands them out, with headers of any name, and records that are quick to make.

Kafka stores the name of a header as bytes and checks nothing; aiokafka reads UTF-8 or raises, at every fetch again, so
that one record of one publisher would stop a partition for good. Here such a name is read with its odd bytes written
out: `b"\\xff"` is the name `\\xff` of four letters.

aiokafka's own record takes 0.6 us more to make than ours, a tenth of what a turn costs on its way through a stage that
does little.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Any, cast

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from streams.ports import Record

_LENGTH = Struct(">i")
_LENGTH_AT, _OVERHEAD, _MAGIC_AT = 8, 12, 16
WITH_HEADERS = 2
"""The form of batches since headers exist."""


class PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of a partition, as our records."""

    def __iter__(self) -> Iterator[Record]:
        """Without a call of `__next__` for each. May be left and taken up again, as upstream's."""
        return cast(Iterator[Record], self._records_iterator)

    def _consumer_record(self, place: tuple[str, int], read: Any) -> Record:
        topic, number = place
        headers = read.headers
        fields = (topic, number, read.offset, read.timestamp, read.key, read.value, tuple(headers) if headers else ())
        return _new(Record, fields)  # half of what Record(...) takes


_new = tuple.__new__


class Records:
    """What the fetcher takes for aiokafka's `MemoryRecords`."""

    def __init__(self, content: bytes) -> None:
        self._content = memoryview(content)
        self._records: Any = MemoryRecords(content)
        self._at = 0

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def next_batch(self) -> Any:
        batch: Any = self._records.next_batch()
        (length,) = _LENGTH.unpack_from(self._content, self._at + _LENGTH_AT)
        whole = self._content[self._at : self._at + _OVERHEAD + length]
        self._at += len(whole)
        return batch if whole[_MAGIC_AT] < WITH_HEADERS or batch.is_control_batch else _Batch(batch, whole)


class _Batch:
    """A batch that is read quickly, and once more where a name cannot be."""

    def __init__(self, batch: Any, whole: memoryview) -> None:
        self._batch, self._whole = batch, whole

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._batch
        except UnicodeDecodeError:
            yield from _AnyName(self._whole)  # from its start: the fetcher passes over what it has


class _Bytes(bytearray):
    """Bytes whose parts are text whatever they hold."""

    def __getitem__(self, place: Any) -> Any:
        part = super().__getitem__(place)
        return _Bytes(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return super().decode(encoding, "backslashreplace")


class _AnyName(_DefaultRecordBatchPy):  # type: ignore[misc]
    """aiokafka's own slow reader, over bytes of ours."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Bytes(self._buffer)


def install() -> None:
    """From now on every consumer of this process reads so. Again is the same."""
    fetcher.MemoryRecords = Records
    fetcher.PartitionRecords = PartitionRecords
