"""The part `recovery`: how long ingest takes to be ready with a million turns to remember, and what they cost."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psutil

from streams.engine.disk_table import PREFIX
from streams.local.child import Child
from tests.benchmarks.asked import Asked, fresh_broker
from tests.benchmarks.contenders import INGEST, INGEST_ON_DISK, LOG, WHOLE_INGEST, Contender, Run
from tests.benchmarks.kafka import wait_until
from tests.benchmarks.results import Figure, require_same
from tests.benchmarks.sampler import look_at
from tests.benchmarks.trial import STOP_S, Bench
from tests.benchmarks.workload import interleaved

PART = "recovery"
TURNS = 1_000_000
LIMIT_S = 600.0
OPENED = re.compile(r"action=lane_opened .*?keys=(\d+) seconds=([\d.]+)")
SETTLE_S = 1.0


class Ready(NamedTuple):
    """A worker that has opened all its lanes."""

    since_spawn: float
    slowest_lane: float
    keys: int
    resident: int
    on_disk: int
    """Bytes in the worker's own folder."""


def recovery(asked: Asked) -> None:
    turns = asked.turns or TURNS
    require_same(asked.results, PART, f"{turns} turns")
    known = asked.results.rounds_of(PART)
    if known >= asked.rounds:
        return
    with fresh_broker(asked.work, limit_s=LIMIT_S) as bench:
        run = Run(bench.kafka.address, "turns", "interleaved", bench.partitions, "recovery", bench.folder / PART)
        bench.kafka.create({"turns": {}, **WHOLE_INGEST.topics(run)}, bench.partitions)
        with ready(run) as (_, empty):
            pass
        remember(bench, run, turns)
        size = bench.kafka.size(INGEST)
        for number in range(known + 1, asked.rounds + 1):
            with ready(run) as (_, full):
                pass
            with ready(run, INGEST_ON_DISK) as (_, disk):
                pass
            for name, value, unit in told(full, empty, disk, turns, size):
                asked.results.figures.append(Figure(part=PART, round=number, name=name, value=value, unit=unit))
                asked.tell(f"round {number} {name}: {value:,.2f} {unit}")
            asked.keep()


def told(full: Ready, empty: Ready, disk: Ready, turns: int, size: int) -> list[tuple[str, float, str]]:
    return [
        (f"cold start, {turns:,} turns", full.slowest_lane, "s"),
        (f"from spawn to ready, {turns:,} turns", full.since_spawn, "s"),
        ("from spawn to ready, nothing to remember", empty.since_spawn, "s"),
        ("changelog", size / turns, "bytes a turn"),
        ("resident", (full.resident - empty.resident) / turns, "bytes a turn"),
        ("keys", full.keys, ""),
        (f"cold start, {turns:,} turns, table on disk", disk.slowest_lane, "s"),
        ("resident, table on disk", (disk.resident - empty.resident) / turns, "bytes a turn"),
        ("files, table on disk", disk.on_disk / turns, "bytes a turn"),
    ]


def remember(bench: Bench, run: Run, turns: int) -> None:
    """Let ingest work through so many turns, and stop it cleanly."""
    loaded = bench.kafka.load("turns", interleaved(turns), bench.partitions)
    with ready(run) as (worker, _):
        wait_until(lambda: not worker.alive() or bench.kafka.end(LOG) >= loaded.records, bench.limit_s)
        time.sleep(SETTLE_S)
    if sum(1 for _ in bench.kafka.read(LOG)) != loaded.records:
        raise TimeoutError(f"ingest did not take all {turns} turns: {worker.tail()}")


@contextmanager
def ready(run: Run, contender: Contender = WHOLE_INGEST) -> Iterator[tuple[Child, Ready]]:
    """A worker of ingest once it has opened its lanes; it stops with the block."""
    (worker,) = contender.start(run)
    began, seen = time.monotonic(), worker.log.stat().st_size if worker.log and worker.log.exists() else 0
    worker.start()
    try:
        worker.wait_ready(lambda: len(opened(worker, seen)) >= run.partitions, LIMIT_S)
        since_spawn = time.monotonic() - began
        time.sleep(SETTLE_S)
        lanes = opened(worker, seen)
        resident = look_at([psutil.Process(worker.pid)]).resident
        slowest, keys = max(s for _, s in lanes), sum(keys for keys, _ in lanes)
        tables = (file for folder in run.folder.glob(f"{PREFIX}*") for file in folder.rglob("*"))
        on_disk = sum(file.stat().st_size for file in tables if file.is_file())
        yield worker, Ready(since_spawn, slowest, keys, resident, on_disk)
    finally:
        worker.stop(STOP_S)


def opened(worker: Child, since: int) -> list[tuple[int, float]]:
    """Keys and seconds of each lane that this process has opened."""
    assert worker.log is not None
    text = worker.log.read_bytes()[since:].decode(errors="replace")
    return [(int(keys), float(seconds)) for keys, seconds in OPENED.findall(text)]
