"""What a running stage tells about itself: a value, taken at any moment from any thread."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from aiokafka import TopicPartition

from streams.engine.lane import Lane


class LaneVitals(NamedTuple):
    """A lane: one partition number, of all sources of the stage or of one."""

    partition: int
    working: bool
    """A chunk, a tick or its own start is in work; else it waits for records."""
    positions: Mapping[TopicPartition, int]
    lags: Mapping[TopicPartition, int]
    """By position, so markers of transactions count; as far as the ends of the logs are known."""
    step_s: float
    """How long the step in progress takes already."""
    late_s: float
    """How long it takes beyond what it may: above 0 the watchdog is about to end the process."""
    still_s: float
    """How long it has waited for records although there are some."""
    oldest: int | None
    """Epoch ms of the first record of the chunk in work."""
    keys: int
    """In its table."""


class Vitals(NamedTuple):
    """A stage in this process."""

    stage: str
    joined: bool
    """The group has assigned it partitions, or none: then it stands by."""
    silent_s: float
    """Since the event loop was last seen to move."""
    unanswered_s: float
    """Since Kafka answered last; 0 when it did the last time it was asked."""
    watch_s: float
    """After so long without progress the process ends itself."""
    lanes: tuple[LaneVitals, ...]


TakeVitals = Callable[[], Vitals]


def vitals_of_lanes(
    lanes: Iterable[Lane], ends: Mapping[TopicPartition, int], still_since: Mapping[Lane, float]
) -> tuple[LaneVitals, ...]:
    """Reads attributes that are replaced, never changed in place: no lock is needed."""
    now = time.monotonic()
    found = []
    for lane in lanes:
        positions = lane.cursor.positions
        lags = {source: max(0, ends[source] - at) for source, at in positions.items() if source in ends}
        since = still_since.get(lane)
        idle, oldest, stepped, deadline = lane.idle, lane.oldest, lane.stepped, lane.deadline
        found.append(
            LaneVitals(
                lane.number,
                working=not idle,
                positions=positions,
                lags=lags,
                step_s=0.0 if idle else max(0.0, now - stepped),
                late_s=0.0 if idle else max(0.0, now - deadline),
                still_s=max(0.0, now - since) if idle and since is not None else 0.0,
                oldest=None if idle else oldest,
                keys=lane.keys,
            )
        )
    return tuple(found)
