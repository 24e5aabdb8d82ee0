"""A Kafka and a ClickHouse that others started, and workers on them: of this version, or of the next."""

import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Consumer, TopicPartition

from streams.adapters.clickhouse import Database
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.integration.local import TURNLOG, Local
from tests.processes import stages_of

ROOT = Path(__file__).parents[2]
PARTITIONS = 4


class Production(Local):
    """Commands against services that are running; nothing here was started by `turnlog up`."""

    def __init__(self, folder: Path, kafka: LocalKafka, clickhouse: LocalClickHouse, **settings: str) -> None:
        super().__init__(folder, **{"TURNLOG_PARTITIONS": str(PARTITIONS), **settings})
        self.environment |= {"TURNLOG_KAFKA": kafka.address, "TURNLOG_CLICKHOUSE": clickhouse.address}
        self._database = Database(clickhouse.address)

    def sql(self, query: str) -> list[dict[str, Any]]:
        return self._database.query(query)

    def execute(self, statement: str) -> None:
        self._database.execute(statement)

    @contextmanager
    def worker(self, name: str, *stages: str, of: Path = ROOT) -> Iterator["Worker"]:
        """`turnlog worker` of the version in folder `of`; killed at the end, unless it was stopped before."""
        worker = Worker(self.folder / f"{name}.log", stages, of, self.environment)
        try:
            yield worker
        finally:
            worker.kill()

    def records(self, topic: str) -> list[dict[str, Any]]:
        """All records of a topic."""
        about = {"bootstrap.servers": self.environment["TURNLOG_KAFKA"], "group.id": "look", "log_level": 0}
        consumer = Consumer({**about, "enable.partition.eof": True, "enable.auto.commit": False})
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        found: list[dict[str, Any]] = []
        ended = 0
        while ended < PARTITIONS:
            messages = consumer.consume(1000, 1)
            ended += sum(message.error() is not None for message in messages)
            found += [orjson.loads(message.value()) for message in messages if message.error() is None]
        consumer.close()
        return found


class Worker:
    """A running `turnlog worker`, its log, and the processes of its stages."""

    def __init__(self, log: Path, stages: tuple[str, ...], version: Path, environment: Mapping[str, str]) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*TURNLOG, "worker", *stages],
                env={**environment, "PYTHONPATH": str(version)},
                cwd=version,
                stdout=output,
                stderr=output,
            )

    def stages(self) -> dict[str, int]:
        """Stage -> process id."""
        return {name: process.pid for name, process in stages_of(self._process.pid).items()}

    def stop(self) -> int:
        """Ask it to end -> its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def copy_version(folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """The packages in a folder of their own, with texts replaced: file -> (what stands there once, what instead)."""
    for package in ("streams", "schemas", "infra"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (before, after) in changes.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{name}: {before!r} stands there {text.count(before)} times"
        (folder / name).write_text(text.replace(before, after), encoding="utf-8")
    return folder
