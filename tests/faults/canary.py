"""The canary: a stock Faust agent killed in the same manner. The day it neither loses nor doubles, we want to know."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.adapters.kafka import TopicPlan, open_kafka
from streams.local.kafka import LocalKafka
from streams.settings import Settings
from tests.faults.report import Canary

KILLS = 30
PARTITIONS = 4
RATE = 200
FIRST_ROW_S, IDLE_S = 60.0, 8.0
LONGEST_S = 3.0
"""Between two kills the agent works so long at most."""
COMMAND = [sys.executable, "-m", "tests.faults.canary_agent", "worker", "-l", "error", "--without-web"]
ROOT = Path(__file__).parents[2]


def kill_stock_agent(seed: int, tell: Callable[[str], None], *, kills: int = KILLS) -> Canary:
    """Turns in, rows out, so many kills in between; then every turn should be one row."""
    with tempfile.TemporaryDirectory(prefix="turnlog-canary-") as folder, LocalKafka(Path(folder) / "kafka") as broker:
        return asyncio.run(_run(broker.address, Path(folder), random.Random(f"canary {seed}"), kills, tell))


async def _run(address: str, folder: Path, draw: random.Random, kills: int, tell: Callable[[str], None]) -> Canary:
    async with open_kafka(Settings(kafka=address)) as kafka:
        await kafka.create([TopicPlan(name, PARTITIONS, 1, {}) for name in ("turns", "rows")])
    sent, rows = Counter[bytes](), Counter[bytes]()
    publishing = asyncio.create_task(_publish(address, sent))
    reading = asyncio.create_task(_read(address, rows))
    agent = _start(address, folder)
    try:
        for number in range(kills):
            await _wait_for_more(rows)
            await asyncio.sleep(draw.uniform(0.1, LONGEST_S))
            agent.kill()
            agent.wait()
            tell(f"killed the stock agent {number + 1} times")
            agent = _start(address, folder)
        await _wait_for_more(rows)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
        await _wait_until_idle(rows)
    finally:
        agent.kill()
        agent.wait()
        publishing.cancel()
        reading.cancel()
        await asyncio.gather(publishing, reading, return_exceptions=True)
    return Canary(
        kills=kills,
        turns=len(sent),
        lost=len(sent.keys() - rows.keys()),
        doubled=sum(times - 1 for times in rows.values()),
    )


def _start(address: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "CANARY_KAFKA": address, "CANARY_DATA": str(folder / "agent")}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)


async def _publish(address: str, sent: Counter[bytes]) -> None:
    """Numbered turns until it is cancelled; `sent` holds those that Kafka acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=address, enable_idempotence=True)
    await producer.start()
    try:
        while True:
            turn = b"%d" % len(sent)
            await producer.send_and_wait("turns", turn, partition=len(sent) % PARTITIONS)
            sent[turn] += 1
            await asyncio.sleep(1 / RATE)
    finally:
        await producer.stop()


async def _read(address: str, rows: Counter[bytes]) -> None:
    consumer: Any = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
    places = [TopicPartition("rows", number) for number in range(PARTITIONS)]
    consumer.assign(places)
    await consumer.start()
    try:
        await consumer.seek_to_beginning(*places)
        async for record in consumer:
            rows[record.value] += 1
    finally:
        await consumer.stop()


async def _wait_for_more(rows: Counter[bytes]) -> None:
    before, give_up = rows.total(), time.monotonic() + FIRST_ROW_S
    while rows.total() == before:
        assert time.monotonic() < give_up, f"the stock agent wrote nothing for {FIRST_ROW_S:.0f} s"
        await asyncio.sleep(0.05)


async def _wait_until_idle(rows: Counter[bytes]) -> None:
    before, since = rows.total(), time.monotonic()
    while time.monotonic() < since + IDLE_S:
        await asyncio.sleep(0.2)
        if rows.total() != before:
            before, since = rows.total(), time.monotonic()
