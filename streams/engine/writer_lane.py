"""The lane of a stage that writes outside Kafka: write, then commit the position. A chunk may come again."""

import time

from streams.engine.lane import Commit, Lane, stage_code
from streams.ports import Chunk, Writer


class WriterLane(Lane):
    """Runs a Writer. A write that is under way at revocation is cancelled; its chunk is read again."""

    _writer: Writer

    async def _open(self) -> int:
        assert self.spec.writer is not None
        await self.cursor.open(recorded=None)
        with stage_code():
            self._writer = self.spec.writer(self.number)
        return 0

    async def _handle(self, chunk: Chunk) -> None:
        started = time.monotonic()
        self.patiently()
        with stage_code():
            counts = await self._writer.write(chunk)
        self.step()
        await self.cursor.commit(chunk)
        seconds = time.monotonic() - started
        self.on_commit(Commit(self.spec.name, self.number, chunk, chunk.after, 0, 0, seconds, counts or {}))

    async def _release(self) -> None:
        """A commit that was under way is decided by the group's coordinator; either way nothing is lost."""
