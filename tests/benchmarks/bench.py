"""All benchmarks, part by part; `turnlog bench` calls it. Results are written after every step and gone on with."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from streams.describe_settings import variables
from streams.settings import Settings
from tests.benchmarks.asked import Asked
from tests.benchmarks.growth import growth
from tests.benchmarks.latency import latency
from tests.benchmarks.path import path
from tests.benchmarks.peers import peers
from tests.benchmarks.plot import plot, plot_growth
from tests.benchmarks.reads import reads
from tests.benchmarks.recovery import recovery
from tests.benchmarks.results import open_results
from tests.benchmarks.sink import sink
from tests.benchmarks.tables import markdown

PARTS: Mapping[str, Callable[[Asked], None]] = {
    "peers": peers,
    "path": path,
    "latency": latency,
    "recovery": recovery,
    "growth": growth,
    "sink": sink,
    "reads": reads,
}
TABLE, PICTURE, GROWTH_PICTURE = "results.md", "results.png", "growth.png"


def bench(parts: Sequence[str], *, folder: Path, rounds: int, turns: int | None, tell: Callable[[str], None]) -> str:
    """Run these parts -> the table. In `folder` are then results.json, results.md and the pictures."""
    for variable in variables(Settings):
        os.environ.pop(variable.name, None)
    asked = Asked(folder.absolute(), rounds, turns, open_results(folder), tell)
    for name in parts:
        PARTS[name](asked)
        asked.keep()
        write_up(asked)
    return markdown(asked.results)


def write_up(asked: Asked) -> None:
    (asked.folder / TABLE).write_text(markdown(asked.results), encoding="utf-8")
    plot(asked.results, asked.folder / PICTURE)
    plot_growth(asked.results, asked.folder / GROWTH_PICTURE)
