"""turns -> conversation log, one turn a record: the whole ingest against the stock Faust agent, in interleaved rounds.

python -m tests.benchmarks.ingest [--rounds N] [--turns N]

Rates are taken from the append times of the output topic, which the broker stamps: records after the first, divided by
the time from the first to the last. The stock agent gets a fifth of the turns, for it takes as long.
"""

import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import click
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from schemas.topics import registry
from streams.local.kafka import LocalKafka
from streams.partitioning import partition_of
from tests.workload import Sent, conversations

PARTITIONS = 8
LOG = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(4 << 20)}


class Measured(NamedTuple):
    """One run: `records` came out, at `rate` records a second."""

    records: int
    rate: float


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--turns", default=100_000, show_default=True)
def main(rounds: int, turns: int) -> None:
    """Print one line per run and the ratio of the medians as JSON."""
    rates: dict[str, list[float]] = {"naive": [], "turnlog": []}
    for round_number in range(rounds):
        for name, count in (("naive", turns // 5), ("turnlog", turns)):
            measured = measure(name, count)
            rates[name].append(measured.rate)
            click.echo(f"round {round_number + 1} {name:8} {measured.records:8,} turns {measured.rate:10,.0f} turns/s")
    medians = {name: round(statistics.median(values)) for name, values in rates.items()}
    spread = {name: [round(min(values)), round(max(values))] for name, values in rates.items()}
    ratio = round(medians["turnlog"] / medians["naive"], 1)
    click.echo(json.dumps({"median": medians, "spread": spread, "ratio": ratio, "machine": machine()}))


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def measure(name: str, turns: int) -> Measured:
    """A fresh broker, a backlog of `turns` turns, one worker, until its last output."""
    with tempfile.TemporaryDirectory() as folder, LocalKafka(Path(folder) / "kafka") as broker:
        records = list(conversations(turns, seed=1, scopes=2_000, flaws=False))
        output, expected = asyncio.run(prepare(broker.address, records))
        worker = subprocess.Popen(command(name), env=environment(broker.address, folder), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)  # fmt: skip
        try:
            return asyncio.run(watch(broker.address, output, expected))
        finally:
            worker.kill()
            worker.wait()


def command(name: str) -> list[str]:
    if name == "naive":
        return [sys.executable, "-m", "tests.benchmarks.naive_agent", "worker", "-l", "error", "--without-web"]
    return [sys.executable, "-m", "streams", "stage", "ingest"]


def environment(kafka: str, folder: str) -> dict[str, str]:
    naive = {"BENCH_APP": "naive", "BENCH_KAFKA": kafka, "BENCH_DATA": folder, "BENCH_IN": "turns",
             "BENCH_OUT": "conversations"}  # fmt: skip
    return {**os.environ, **naive, "TURNLOG_KAFKA": kafka, "TURNLOG_WINDOW_GAP_S": "100000"}


async def prepare(kafka: str, records: list[Sent]) -> tuple[str, int]:
    """Topics and backlog -> the output topic and how many turns must come out."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    topics = {topic.name: dict(topic.config) for topic in registry(1)} | {"naive-seen-changelog": {}}
    await admin.create_topics([NewTopic(n, PARTITIONS, 1, topic_configs=c) for n, c in topics.items()])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks=-1, linger_ms=5, max_batch_size=1 << 18)
    await producer.start()
    await producer.partitions_for("turns")
    submissions = [record for record in records if b'"turns"' in record.value]
    for record in submissions:
        await producer.send("turns", record.value, record.key, partition_of(record.key or b"", PARTITIONS))
    await producer.stop()
    return "conversations", len(submissions)


async def watch(kafka: str, topic: str, expected: int, limit: float = 300) -> Measured:
    """Wait until `expected` records can be read from `topic` -> how fast they were written."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, isolation_level="read_committed", auto_offset_reset="earliest")
    await consumer.start()
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    times: list[int] = []
    deadline = time.monotonic() + limit
    while len(times) < expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(times)} of {expected} turns came out within {limit:.0f} s")
        for records in (await consumer.getmany(timeout_ms=500)).values():
            times += [record.timestamp for record in records]
    await consumer.stop()
    return Measured(len(times), (len(times) - 1) / max(0.001, (max(times) - min(times)) / 1000))


if __name__ == "__main__":
    main()
