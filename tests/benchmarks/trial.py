"""One run: a worker starts on a backlog that is all there, and works until its last output; then all is compared.

Turns a second: from the append that made a tenth of all turns durable to the one that made nine tenths, as the broker
stamped them. So the start of no process is in it, and as much is under way at its end as at its beginning. CPU and
memory are those between the same two moments.
"""

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from streams.local.child import Child
from tests.benchmarks.contenders import Contender, Run
from tests.benchmarks.kafka import Kafka, Loaded, wait_until
from tests.benchmarks.outcome import Came, Wrong, collect, verify
from tests.benchmarks.sampler import Sampler

LOOK_EVERY_S = 0.1
STILL_S = 0.3
"""An output that grew no more for so long is looked at."""
STOP_S = 10.0
PER_TURNS = 100_000
FROM, TO = 0.1, 0.9
LEAST_MOMENTS = 3
"""For each partition. Where all was taken in one fetch, appends tell nothing of the work before them."""


class Backlog(NamedTuple):
    """Records that wait on a topic."""

    topic: str
    shape: str
    loaded: Loaded


class Bench(NamedTuple):
    """Where runs take place."""

    kafka: Kafka
    broker_pid: int
    folder: Path
    partitions: int
    limit_s: float


class Measured(NamedTuple):
    """What one run showed."""

    rate: float
    cpu: float
    broker_cpu: float
    memory: float
    changelog: float | None


def measure(bench: Bench, contender: Contender, backlog: Backlog, name: str) -> Measured:
    """Raises Wrong where what came out is not what had to, or nothing did within the limit. `name`: of this run."""
    name = re.sub(r"\W+", "-", name)
    run = Run(bench.kafka.address, backlog.topic, backlog.shape, bench.partitions, name, bench.folder / name)
    shutil.rmtree(run.folder, ignore_errors=True)  # of one that was broken off
    run.folder.mkdir(parents=True)
    before = bench.kafka.topics()
    bench.kafka.create(contender.topics(run), bench.partitions)
    try:
        with started(contender.start(run)) as workers:
            pids = [worker.pid for worker in workers]
            with Sampler(pids, [bench.broker_pid]) as sampler:
                came = wait(bench, contender, run, backlog.loaded, workers)
        verify(came, backlog.loaded)
        contender.check(bench.kafka, run)
        found = evaluate(bench.kafka, contender, run, backlog.loaded, came, sampler)
    finally:
        bench.kafka.forget(contender.groups(run))
        bench.kafka.delete(bench.kafka.topics() - before)
    shutil.rmtree(run.folder)  # one that failed stays, with its log
    return found


@contextmanager
def started(workers: list[Child]) -> Iterator[list[Child]]:
    """Processes that end with the block; each gets time to leave its group."""
    try:
        for worker in workers:
            worker.start()
        yield workers
        for worker in workers:
            worker.terminate()
    finally:
        for worker in workers:
            worker.stop(STOP_S)


def wait(bench: Bench, contender: Contender, run: Run, loaded: Loaded, workers: list[Child]) -> Came:
    """Until everything came out and is done."""
    give_up = time.monotonic() + bench.limit_s
    came = wait_for_outputs(bench, contender, run, loaded, workers)
    wait_until(lambda: contender.is_done(bench.kafka, run, came.positions), max(1.0, give_up - time.monotonic()))
    return came


def wait_for_outputs(bench: Bench, contender: Contender, run: Run, loaded: Loaded, workers: list[Child]) -> Came:
    """They are read once they grow no more, so that reading disturbs nobody."""
    output, give_up = contender.output(run), time.monotonic() + bench.limit_s
    end, since = 0, time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_S)
        now = time.monotonic()
        if now > give_up or not all(worker.alive() for worker in workers):
            told = "; ".join(worker.tail()[-1000:] for worker in workers)
            raise Wrong(f"the output ended at {end}, {contender.records(loaded)} records had to come: {told}")
        if (found := bench.kafka.end(output)) != end:
            end, since = found, now
        elif end >= contender.records(loaded) and now - since > STILL_S:
            came = collect(bench.kafka.read(output), contender.turns_of, run.partitions)
            if came.turns >= loaded.new:
                return came
            since = now


def evaluate(kafka: Kafka, contender: Contender, run: Run, loaded: Loaded, came: Came, sampler: Sampler) -> Measured:
    progress = contender.progress(kafka, run, came)
    if len(progress) < LEAST_MOMENTS * run.partitions:
        raise Wrong(f"all came out in {len(progress)} moments: the backlog is too small to measure anything")
    middle = middle_of(progress)
    turns = middle.share * loaded.turns
    changelogs = contender.changelogs(run)
    return Measured(
        rate=turns / (middle.until - middle.since),
        cpu=sampler.cpu(0, middle.since, middle.until) / turns * PER_TURNS,
        broker_cpu=sampler.cpu(1, middle.since, middle.until) / turns * PER_TURNS,
        memory=sampler.resident(0, middle.since, middle.until) / 1e6,
        changelog=sum(map(kafka.size, changelogs)) / loaded.bytes if changelogs else None,
    )


class Middle(NamedTuple):
    """The part of a run that is measured: two moments, and which share of the work was done between them."""

    since: float
    until: float
    share: float


def middle_of(progress: Mapping[int, int]) -> Middle:
    """`progress`: how much was done at each moment (epoch ms). Raises Wrong where one moment is nearly all."""
    whole, done = sum(progress.values()), 0
    reached: list[tuple[float, int]] = []
    for moment in sorted(progress):
        done += progress[moment]
        if len(reached) < 2 and done >= (FROM, TO)[len(reached)] * whole:
            reached.append((moment / 1000, done))
    if len(reached) < 2:
        raise Wrong("nearly all came out in one moment")
    (since, before), (until, after) = reached
    return Middle(since, until, (after - before) / whole)
