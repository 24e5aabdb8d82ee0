"""How far each stage is behind its topics, by position, with the markers of transactions left out."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.topics import app_id
from streams.adapters.kafka import KafkaAdmin, Place
from streams.settings import Settings
from streams.topology import STAGES, topic_names

MARKERS = 64
"""Spans up to this long are looked into: what ends a log is often nothing but markers."""


class StageLag(NamedTuple):
    """Records that a stage has not committed yet."""

    stage: str
    group: str
    partitions: Mapping[Place, int]
    positions: Mapping[Place, int] = {}
    """Where it will go on reading; of the partitions that lag."""

    @property
    def records(self) -> int:
        return sum(self.partitions.values())


class LagMeter:
    """Measures again and again; spans known to hold only markers are not read twice."""

    def __init__(self, kafka: KafkaAdmin, settings: Settings) -> None:
        self._kafka, self._settings = kafka, settings
        self._places: dict[str, list[Place]] = {}
        self._starts: dict[Place, int] = {}
        self._empty: dict[tuple[str, Place], tuple[int, int]] = {}

    async def measure(self) -> tuple[StageLag, ...]:
        """The lag of every stage, in flow order.

        All positions are read before all ends, and a stage's outputs are committed with its position: when every lag
        is zero, nothing published before the call is still under way. Spans longer than 64 count markers as records.
        """
        if not self._places:
            await self._find_places()
        groups = {stage.name: app_id(stage.name, self._settings.generation) for stage in STAGES}
        positions = {name: await self._kafka.committed(group) for name, group in groups.items()}
        ends = await self._kafka.ends({place for places in self._places.values() for place in places})
        spans = {
            (name, place): (positions[name].get(place, self._starts[place]), ends[place])
            for name, places in self._places.items()
            for place in places
        }
        empty = {key for key, span in spans.items() if span[0] >= span[1]} | await self._only_markers(spans)
        return tuple(
            _stage_lag(name, groups[name], {p: spans[name, p] for p in places if (name, p) not in empty})
            for name, places in self._places.items()
        )

    async def oldest(self, lag: StageLag) -> int | None:
        """When the oldest record was written that a stage has still to read (epoch ms), where it lags."""
        times = await self._kafka.first_times(lag.positions) if lag.positions else {}
        return min(times.values(), default=None)

    async def _find_places(self) -> None:
        partitions = await self._kafka.partitions()
        places = {
            stage.name: [
                Place(topic, number)
                for topic in topic_names(stage.reads, self._settings)
                for number in range(partitions.get(topic, 0))
            ]
            for stage in STAGES
        }
        self._starts = await self._kafka.starts({place for found in places.values() for place in found})
        self._places = places

    async def _only_markers(self, spans: Mapping[tuple[str, Place], tuple[int, int]]) -> set[tuple[str, Place]]:
        """The short spans without a record. Two stages that read one place are looked at one after the other."""
        short = {key: span for key, span in spans.items() if 0 < _length(span) <= MARKERS}
        unknown = {key: span for key, span in short.items() if self._empty.get(key) != span}
        for stage in {name for name, _ in unknown}:
            asked = {place: span for (name, place), span in unknown.items() if name == stage}
            full = await self._kafka.hold_records(asked)
            self._empty |= {(stage, place): span for place, span in asked.items() if place not in full}
        return {key for key, span in short.items() if self._empty.get(key) == span}


def _stage_lag(name: str, group: str, spans: Mapping[Place, tuple[int, int]]) -> StageLag:
    lags = {place: _length(span) for place, span in spans.items()}
    return StageLag(name, group, lags, {place: first for place, (first, _) in spans.items()})


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]
