"""What a worker process is told, by one variable of its environment. Needs nothing but the standard library."""

import gc
import json
import os
from collections.abc import Mapping
from typing import NamedTuple

VARIABLE = "BENCH_WORK"


class Work(NamedTuple):
    """Where to read and write, and as whom."""

    kafka: str
    source: str
    output: str
    changelog: str
    group: str
    partitions: int
    folder: str
    """For files of its own."""

    def environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(self._asdict())}


def told(environment: Mapping[str, str] = os.environ) -> Work:
    """The inverse."""
    return Work(**json.loads(environment[VARIABLE]))


def collect_less_often() -> None:
    """What the engine does for itself: with the default thresholds a fifth of a worker's time goes into collections."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
