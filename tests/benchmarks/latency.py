"""The part `latency`: how long from publishing until a turn can be read, and from a window's end until its fact can be.

Among the records of a steady load are probes, of scopes of their own; a watcher asks for those that are new, again and
again. A window's end is when its event was written, as its record says.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from statistics import median, quantiles
from typing import NamedTuple

from confluent_kafka import Producer

from schemas.topics import BACKFILL
from streams.ids import scope_key
from tests.benchmarks.asked import PARTITIONS, Asked
from tests.benchmarks.kafka import wait_until
from tests.benchmarks.path import PART as PATH
from tests.benchmarks.path import WHOLE, path
from tests.benchmarks.probes import FACT_PROBE, TURN_PROBE, Probes
from tests.benchmarks.results import Figure
from tests.benchmarks.stack import Stack, fresh_stack
from tests.benchmarks.workload import Sent, place_of
from tests.workload import conversations

PART = "latency"
SECONDS, WARM_S, DRAIN_S = 20.0, 4.0, 60.0
LOAD_RECORDS = 200_000
STEP_S = 0.005


class Load(NamedTuple):
    """How much is published."""

    name: str
    rate: float


def latency(asked: Asked) -> None:
    if not asked.results.values(PATH, WHOLE):
        path(asked._replace(rounds=1))
    capacity = median(asked.results.values(PATH, WHOLE))
    loads = (Load("100 records/s", 100), Load("10 % load", capacity / 10), Load("50 % load", capacity / 2))
    for number in range(asked.results.rounds_of(PART) + 1, asked.rounds + 1):
        for load in loads:
            with fresh_stack() as stack:
                for found in one_load(stack, load, number):
                    asked.results.figures.append(found)
                    asked.tell(f"round {number} {found.name}: {found.value:.3f} s")
        asked.keep()


def one_load(stack: Stack, load: Load, number: int) -> Iterator[Figure]:
    probes = Probes(load.rate)
    enough = threading.Event()
    watcher = threading.Thread(target=probes.watch, args=(stack.database, enough), daemon=True)
    watcher.start()
    try:
        publish(stack.kafka.address, load.rate, probes)
        wait_until(probes.all_seen, DRAIN_S)
    finally:
        enough.set()
        watcher.join()
    for topic in ("extractions", BACKFILL):
        probes.note_windows(stack.kafka.read(topic))
    for kind, seconds in (("turn", probes.turns_after(WARM_S)), ("fact", probes.facts_after(WARM_S))):
        for name, value in percentiles(seconds):
            yield figure(number, f"{kind} visible, {name} at {load.name}", value)
    yield figure(number, f"looked every, at {load.name}", probes.looked_every())


def figure(number: int, name: str, value: float) -> Figure:
    return Figure(part=PART, round=number, name=name, value=value, unit="s")


def percentiles(seconds: Sequence[float]) -> Iterator[tuple[str, float]]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    for percent in (50, 95, 99):
        yield f"p{percent}", cuts[percent - 1]


def publish(kafka: str, rate: float, probes: Probes) -> None:
    """Records at this rate, probes among them, for so long."""
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 0, "enable.idempotence": True, "log_level": 0})
    others = cycle(list(conversations(LOAD_RECORDS, seed=5, scopes=2_000, flaws=False)))
    began, sent, probed = time.time(), 0, {TURN_PROBE: 0, FACT_PROBE: 0}
    while (passed := time.time() - began) < SECONDS:
        for kind in probed:
            while probed[kind] < passed * probes.rates[kind]:
                probed[kind] += 1
                send(producer, probes.next(kind))
        while sent < passed * probes.rates["load"]:
            sent += 1
            key, value = next(others)
            send(producer, Sent(key or scope_key("acme", "nobody"), value, ()))
        producer.poll(0)
        time.sleep(STEP_S)
    if producer.flush(DRAIN_S):
        raise TimeoutError("the load was not stored")


def send(producer: Producer, record: Sent) -> None:
    producer.produce("turns", record.value, record.key, place_of(record.key, PARTITIONS))
