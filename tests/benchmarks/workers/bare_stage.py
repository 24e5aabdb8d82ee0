"""turnlog's engine with a stage that does nothing but the bare job: `python -m tests.benchmarks.workers.bare_stage`."""

import logging
import sys
from collections.abc import Iterator

from streams.engine import EngineSettings, StageSpec, run
from streams.ports import Chunk, Effects, Output, State
from tests.benchmarks.workers.bare import handle
from tests.benchmarks.workers.work import Work, told


class Bare:
    """One lane of it."""

    def __init__(self, output: str) -> None:
        self._output = output

    def process(self, chunk: Chunk, state: State) -> Effects:
        outputs, changes = handle(pairs(chunk), state)
        return Effects([Output(self._output, key, value) for key, value in outputs], changes)


def pairs(chunk: Chunk) -> Iterator[tuple[bytes, bytes]]:
    for record in chunk.records:
        assert record.key is not None
        assert record.value is not None
        yield record.key, record.value


def spec_of(work: Work) -> StageSpec:
    return StageSpec(
        name="bare",
        app_id=work.group,
        sources=(work.source,),
        outputs=(work.output,),
        changelog=work.changelog,
        partitions=work.partitions,
        build=lambda number, state: Bare(work.output),
    )


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    work = told()
    run(spec_of(work), EngineSettings(brokers=work.kafka))
