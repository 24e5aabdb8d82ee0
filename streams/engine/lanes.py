"""All lanes of this process: opened on assignment, closed on revocation."""

import asyncio
from collections.abc import Iterator, Sequence

from streams.engine.door import Door
from streams.engine.lane import Lane, OnCommit
from streams.engine.membership import ConsumerThread
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.engine.stage_lane import StageLane
from streams.engine.writer_lane import WriterLane


class Lanes:
    """One lane per assigned partition number. Of a stage that writes outside Kafka, one for each of its sources: no
    table binds them together, and a chunk of one does not wait until another's is inserted."""

    def __init__(self, spec: StageSpec, settings: EngineSettings, on_commit: OnCommit) -> None:
        self._spec, self._settings, self._on_commit = spec, settings, on_commit
        self._lanes: list[Lane] = []
        self._door = Door()
        self._stopped = False
        self.joined = False
        """The group has said which partitions are ours, if any."""

    def __iter__(self) -> Iterator[Lane]:
        return iter(list(self._lanes))

    def open(self, thread: ConsumerThread, numbers: Sequence[int]) -> None:
        """Open lanes for these partition numbers; nothing after `stop`."""
        self.joined = True
        if not self._stopped:
            self._lanes = [
                self._kind(self._spec, self._settings, thread, number, self._on_commit, self._door, sources)
                for number in numbers
                for sources in self._groups_of_sources()
            ]

    @property
    def _kind(self) -> type[Lane]:
        return WriterLane if self._spec.build is None else StageLane

    def _groups_of_sources(self) -> list[tuple[str, ...]]:
        """Which topics share a lane."""
        sources = self._spec.sources
        return [(source,) for source in sources] if self._kind is WriterLane else [sources]

    async def close(self) -> None:
        """Close every lane; until then they stay in sight of the watchdog."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))
        self._lanes = []

    async def stop(self) -> None:
        """Close every lane, for good."""
        self._stopped = True
        await self.close()
