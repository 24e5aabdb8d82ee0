"""Outputs become record batches, built by hand: one send per batch instead of one per record."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

from aiokafka import TopicPartition

from streams.engine.exits import EngineError, ExitCode
from streams.ports import Headers, Output

ToWrite = tuple[str | None, bytes | None, bytes | None, Headers, int | None]
"""As an Output, whose topic and partition do not count any more once records are sorted by destination."""
NO_HEADERS: list[tuple[str, bytes]] = []


def by_destination(
    outputs: Iterable[Output], *, lane: int, topics: Collection[str], partitions: int
) -> dict[TopicPartition, list[ToWrite]]:
    """Sort outputs by topic and partition, keeping their order. Refuses destinations the stage did not declare."""
    groups: dict[TopicPartition, list[ToWrite]] = {}
    known: dict[tuple[str, int | None], list[ToWrite]] = {}  # as the stage names them: cheaper than groups' keys
    last_topic: object = object()  # what an output before named
    last_partition: int | None = None
    append = list[ToWrite]().append
    for output in outputs:
        topic, _, _, _, partition = output
        if topic is not last_topic or partition is not last_partition:
            group = known.get((topic, partition))
            if group is None:
                number = lane if partition is None else partition
                if topic not in topics or not 0 <= number < partitions:
                    raise EngineError(ExitCode.POISON, f"the stage may not write to {topic}/{number}")
                group = known[topic, partition] = groups.setdefault(TopicPartition(topic, number), [])
            last_topic, last_partition, append = topic, partition, group.append
        append(output)
    return groups


def from_changes(changes: Mapping[bytes, bytes]) -> Iterator[ToWrite]:
    """A table's changes as records."""
    return zip(repeat(None), changes, changes.values(), repeat(()), repeat(None))


def build_batches(
    records: Iterable[ToWrite], destination: str, *, new_batch: Callable[[], Any], record_max: int
) -> list[Any]:
    """Fill aiokafka batches to their size; a single larger record makes a batch of its own, up to `record_max` bytes.

    Works on the C builder below `BatchBuilder.append`, which costs more than the copying itself.
    """
    batches: list[Any] = []
    append, count, now = _full, 0, int(time.time() * 1000)
    for _, key, value, headers, _ in records:
        headers = list(headers) if headers else NO_HEADERS
        if append(count, now, key, value, headers) is None:
            if batches:
                _close(batches[-1], count, destination, record_max)
            batch = new_batch()
            append, count = batch._builder.append, 0
            append(0, now, key, value, headers)  # the first record always fits
            batches.append(batch)
        count += 1
    if batches:
        _close(batches[-1], count, destination, record_max)
    return batches


def _full(*record: object) -> None:
    """No batch yet."""


def _close(batch: Any, count: int, destination: str, record_max: int) -> None:
    batch._relative_offset = count
    if batch.size() > record_max:  # batches are far smaller, so this is a single record
        raise EngineError(
            ExitCode.POISON, f"{destination}: a record of {batch.size()} bytes is larger than the limit of {record_max}"
        )
