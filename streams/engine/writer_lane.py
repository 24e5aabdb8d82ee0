"""The lane of a stage that writes outside Kafka: write, then commit the position. A chunk may come again."""

import time

from streams import failpoints
from streams.counts import Counts
from streams.engine.lane import Commit, Lane
from streams.engine.transaction import Reached, send_plainly
from streams.ports import Chunk, Crashes, SourceRecord, Writer


class WriterLane(Lane):
    """Runs a Writer. A write that is under way at revocation is cancelled; its chunk is read again."""

    gather_s = few_s = 0.05  # what it writes to takes many times as long
    _writer: Writer

    async def _open(self) -> int:
        assert self.spec.writer is not None
        await self.cursor.open(recorded=None, died=self.settings.died)
        with self._stage_code():
            self._writer = self.spec.writer(self.number)
        return 0

    async def _handle(self, chunk: Chunk) -> None:
        started = time.monotonic()
        self.patiently()
        with self._stage_code():
            counts = await self._writer.write(chunk)
        self.step()
        failpoints.reach("written")
        await self._write_note(self._reached_at(chunk, chunk.after))
        failpoints.reach("committed")
        self._tell(chunk, started, counts or {})

    async def _give_up(self, record: SourceRecord, chunk: Chunk, reached: Reached, crashes: Crashes) -> None:
        """The dead letter first: it may come again, and is the same one then."""
        started = time.monotonic()
        assert self.spec.bury is not None
        with self._stage_code():
            effects = self.spec.bury(record, crashes)
        await send_plainly(effects.outputs, self.settings, self.number)
        await self._write_note(reached)
        self._tell(chunk, started, effects.counts)

    async def _write_note(self, reached: Reached) -> None:
        await self.cursor.commit(reached.source, reached.position, reached.note)
        self._noted(reached)

    def _tell(self, chunk: Chunk, started: float, counts: Counts) -> None:
        seconds = time.monotonic() - started
        self.on_commit(Commit(self.spec.name, self.number, chunk, chunk.after, 0, 0, seconds, counts))

    async def _release(self) -> None:
        """A commit that was under way is decided by the group's coordinator; either way nothing is lost."""
