"""What came out of a run: every turn once and in order, when, and how many bytes."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import orjson

from streams.engine.transaction import position_key
from tests.benchmarks.kafka import Loaded, Read
from tests.benchmarks.workload import Seen, Turn

TurnsOf = Callable[[bytes], Sequence[Turn]]


class Wrong(Exception):
    """A run whose outputs are not what they have to be: it measures nothing."""


class Came(NamedTuple):
    """The turns that came out; `times`: when (epoch ms) so many of them were appended together."""

    seen: Mapping[int, Seen]
    times: Mapping[int, int]
    positions: Mapping[int, int]
    """Per partition, one more than the last offset."""

    @property
    def turns(self) -> int:
        return sum(self.times.values())


def forwarded(value: bytes) -> Sequence[Turn]:
    """The turns of a record of the bare job."""
    turns: list[Turn] = orjson.loads(value)["turns"]
    return turns


def accepted(value: bytes) -> Sequence[Turn]:
    """The turns of a record of the conversation log."""
    event = orjson.loads(value)
    if event["event"] != "SubmissionAccepted":
        return ()
    return [{**turn, "timestamp": turn["said_at"]} for turn in event["turns"]]


def collect(records: Iterator[Read], turns_of: TurnsOf, partitions: int) -> Came:
    seen = {number: Seen() for number in range(partitions)}
    times: dict[int, int] = defaultdict(int)
    positions: dict[int, int] = {}
    for partition, offset, timestamp, key, value in records:
        turns = turns_of(value)
        for turn in turns:
            seen[partition].add(key, turn["event_id"], turn["role"], turn["text"], turn["timestamp"])
        if turns:
            times[timestamp] += len(turns)
        positions[partition] = offset + 1
    return Came(seen, times, positions)


def positions_over_time(changelog: Iterator[Read], source: str) -> Mapping[int, int]:
    """By how much a stage went on in its source at each moment, as its transactions tell beside the table."""
    at: dict[int, int] = {}
    steps: dict[int, int] = defaultdict(int)
    for record in changelog:
        if record.key == position_key(source):
            position = int(record.value)
            steps[record.timestamp] += position - at.get(record.partition, 0)
            at[record.partition] = position
    return steps


def verify(came: Came, loaded: Loaded) -> None:
    """Raises Wrong unless exactly what had to come out came out."""
    for number, expected in loaded.expected.items():
        found = came.seen[number]
        if found.digest() != expected.digest():
            raise Wrong(f"partition {number}: {found.turns} turns came out, {expected.turns} others had to")


def verify_windows(log: Iterator[Read], windows: Iterator[Read], size: int) -> int:
    """-> how many windows there are. Raises Wrong unless each conversation was cut into windows of this size."""
    said: dict[bytes, list[str]] = defaultdict(list)
    for record in log:
        event = orjson.loads(record.value)
        said[record.key] += [turn["turn_id"] for turn in event.get("turns", ())]
    cut: dict[bytes, list[str]] = defaultdict(list)
    number = 0
    for record in windows:
        units = orjson.loads(record.value)["units"]
        if len(units) != size:
            raise Wrong(f"a window of {len(units)} turns")
        cut[record.key] += [unit["turn_id"] for unit in units]
        number += 1
    for key, turns in said.items():
        if cut[key] != turns[: len(turns) // size * size]:
            raise Wrong(f"{len(cut[key])} of {len(turns)} turns of a conversation are in windows")
    return number
