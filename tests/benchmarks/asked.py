"""What a run of the benchmarks is asked for."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.local.kafka import LocalKafka
from tests.benchmarks.kafka import Kafka
from tests.benchmarks.results import Results, write
from tests.benchmarks.trial import Bench

PARTITIONS = 8


class Asked(NamedTuple):
    """The same for every part."""

    folder: Path
    """For the results, and below it what is needed while it runs."""
    rounds: int
    turns: int | None
    """None: what each part takes for itself."""
    results: Results
    tell: Callable[[str], None]

    def keep(self) -> None:
        """Write down what is known by now."""
        write(self.folder, self.results)

    @property
    def work(self) -> Path:
        return self.folder / "work"


@contextmanager
def fresh_broker(work: Path, *, partitions: int = PARTITIONS, limit_s: float = 180.0) -> Iterator[Bench]:
    """A broker on a folder of its own, which is gone afterwards; what workers said stays."""
    data = Path(tempfile.mkdtemp(prefix="turnlog-bench-"))
    logs = work / "runs"
    shutil.rmtree(logs, ignore_errors=True)
    try:
        with LocalKafka(data / "kafka") as broker:
            yield Bench(Kafka(broker.address, broker.data), broker.pid, logs, partitions, limit_s)
    finally:
        shutil.rmtree(data, ignore_errors=True)
