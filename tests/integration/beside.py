"""A second generation beside the live one, as an operator derives it: a worker of its own on the same services."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil

from streams.adapters.clickhouse import Database, open_database
from streams.adapters.kafka import open_kafka
from streams.admin.generations import Generation, Places, survey
from streams.local.background import read_run
from streams.query.dump import dump
from streams.settings import Settings
from tests.integration.local import QUIET, TURNLOG, Local
from tests.processes import stages_of


class Beside(Local):
    """`turnlog worker` for a generation; as a context it makes its topics, runs it and stops it at the end."""

    def __init__(self, local: Local, generation: int, **settings: str) -> None:
        about = {name: value for name, value in local.environment.items() if name.startswith(("TURNLOG_", "OPENAI_"))}
        super().__init__(local.folder, **about | settings | {"TURNLOG_GENERATION": str(generation)})
        self.generation = generation
        self.log = local.folder / "logs" / f"g{generation}.log"

    def __enter__(self) -> "Beside":
        self("topics", "ensure")
        with self.log.open("a") as log:
            self._worker = subprocess.Popen([*TURNLOG, "worker"], env=self.environment, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.terminate()
        assert self._worker.wait(60) == 0, self.log.read_text()[-3000:]

    def stages(self) -> dict[str, psutil.Process]:
        """Its processes, by stage."""
        return stages_of(self._worker.pid)

    def wait_for_stage(self, name: str, limit: float = 60) -> psutil.Process:
        deadline = time.monotonic() + limit
        while name not in (stages := self.stages()):
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.05)
        return stages[name]

    def wait_for_stages(self, names: set[str], limit: float = 60) -> None:
        """Until it runs these and no others. (A look may miss a process that is just becoming a stage.)"""
        deadline = time.monotonic() + limit
        while (found := set(self.stages())) != names:
            assert time.monotonic() < deadline, f"{found}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def wait_until_caught_up(self, limit: float = 300) -> None:
        deadline = time.monotonic() + limit
        while not (about := {each.generation: each for each in listed(self)}[self.generation]).caught_up:
            assert time.monotonic() < deadline, f"{about}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.3)


def listed(local: Local) -> list[Generation]:
    """What `turnlog generations list` shows."""
    settings = settings_of(local)

    async def look() -> list[Generation]:
        async with open_kafka(settings) as kafka:
            return await survey(Places(settings, kafka, database))

    with reading(local) as database:
        return asyncio.run(look())


def query(local: Local, sql: str) -> list[dict[str, Any]]:
    with reading(local) as database:
        return database.query(sql)


def dumped(local: Local) -> list[str]:
    """The dump, but for the view that tells which generations there are."""
    with reading(local) as database:
        lines = [line.decode() for line in dump(database, "turnlog")]
    return [line for line in lines if not line.startswith("generations ")]


def wait_until_quiet(local: Local, records: int, limit: float = 1200) -> None:
    """Until every record that was sent is accounted for and every job of the live generation has ended, seen twice."""
    deadline, seen = time.monotonic() + limit, 0
    while seen < 2:
        (row,) = query(local, QUIET)
        assert time.monotonic() < deadline, row
        seen = seen + 1 if row["accounted"] >= records and not row["open"] else 0
        time.sleep(0.5)


def wait_until_healthy(local: Local, limit: float = 60) -> None:
    """`up` starts the stages; a moment later they have joined their groups and count as running."""
    deadline = time.monotonic() + limit
    while not (status := orjson.loads(local.run("status", "--json").stdout))["healthy"]:
        assert time.monotonic() < deadline, status
        time.sleep(0.3)


@contextmanager
def reading(local: Local) -> Iterator[Database]:
    database = open_database(settings_of(local))
    try:
        yield database
    finally:
        database.close()


def settings_of(local: Local) -> Settings:
    run = read_run(local.folder)
    assert run is not None
    assert run.endpoints is not None
    partitions = int(local.environment["TURNLOG_PARTITIONS"])
    settings = Settings(partitions=partitions, hash_key=local.environment["TURNLOG_HASH_KEY"])
    return settings.model_copy(update=run.endpoints._asdict())


def lines_of(path: Path) -> int:
    return sum(1 for line in path.read_bytes().splitlines() if line.strip())
