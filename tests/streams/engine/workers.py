"""Worker processes of the tests: started, awaited, killed, frozen, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.streams.engine.broker import Reader, Topics
from tests.streams.engine.workload import PARTITIONS

ROOT = Path(__file__).parents[3]


class Worker:
    """One stage in a process of its own."""

    def __init__(self, topics: Topics, stage: str, folder: Path, **changes: Any) -> None:
        spec = {
            name: changes.pop(name)
            for name in ("identity", "patience_s", "partitions", "tables_dir")
            if name in changes
        }
        told: dict[str, Any] = {
            name: changes.pop(name) for name in ("hold_s", "path", "deaf", "mended") if name in changes
        }
        environment: dict[str, str] = changes.pop("environment", {})
        settings = {"brokers": topics.address, "session_timeout_s": 6, "heartbeat_s": 1, **changes}
        told |= {"stage": stage, "prefix": topics.prefix, "settings": settings, "spec": spec}
        self.stage, self._log = stage, folder / f"{stage}-{time.monotonic_ns()}.log"
        self.environment = {**os.environ, "STAGE": json.dumps(told), **environment}
        self._process = self._spawn()

    def again(self, *, unread: bool = False) -> Self:
        """Start it anew, as a supervisor would. `unread`: with a pipe for a log, which is full at some time."""
        assert not self.alive()
        self._process = self._spawn(unread=unread)
        return self

    def _spawn(self, *, unread: bool = False) -> subprocess.Popen[bytes]:
        self._born = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.streams.engine.stages"]
            to = subprocess.PIPE if unread else log
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=to)

    @property
    def text(self) -> str:
        """What this process logged."""
        return self._log.read_bytes()[self._born :].decode(errors="replace")

    def alive(self) -> bool:
        return self._process.poll() is None

    def ready(self, lanes: int = PARTITIONS, limit: float = 40) -> Self:
        """Wait until it opened so many lanes."""
        wait_until(lambda: self.text.count("lane_opened") >= lanes or not self.alive(), limit, self)
        assert self.alive(), self.text
        return self

    def kill(self) -> None:
        self._process.kill()
        self.exit_code()

    def terminate(self, limit: float = 20) -> int:
        """SIGTERM -> exit code."""
        self._process.terminate()
        return self.exit_code(limit)

    def exit_code(self, limit: float = 40) -> int:
        try:
            code = self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still alive:\n{self.text[-3000:]}") from None
        if self._process.stderr is not None:
            self._process.stderr.close()
        return code

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)


class Workers:
    """All workers of a test; none outlives it."""

    def __init__(self, topics: Topics, folder: Path) -> None:
        self._topics, self._folder, self.all = topics, folder, list[Worker]()
        self.unexpected: list[tuple[str, int]] = []

    def start(self, stage: str, **changes: Any) -> Worker:
        worker = Worker(self._topics, stage, self._folder, **changes)
        self.all.append(worker)
        return worker

    def restart_dead(self) -> None:
        for worker in self.all:
            if not worker.alive():
                self.unexpected.append((worker.stage, worker.exit_code()))
                worker.again()

    def terminate(self) -> list[int]:
        """SIGTERM to all, once they are past their imports -> exit codes."""
        for worker in self.all:
            wait_until(lambda worker=worker: "Starting" in worker.text, 40, worker)  # type: ignore[misc]
            worker.signal(signal.SIGTERM)
        return [worker.exit_code() for worker in self.all]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *why: object) -> None:
        for worker in self.all:
            if worker.alive():
                worker.kill()


def wait_until(true: Callable[[], bool], limit: float, worker: Worker | None = None) -> None:
    give_up = time.monotonic() + limit
    while not true():
        if time.monotonic() > give_up:
            raise AssertionError("did not happen" + (f":\n{worker.text[-3000:]}" if worker else ""))
        time.sleep(0.02)


def follow(reader: Reader, number: int, *, limit: float = 90, keep: Callable[[], None] = lambda: None) -> None:
    """Read until so many records are visible; `keep` is called in between."""
    give_up = time.monotonic() + limit
    while (seen := reader.poll()) < number:
        assert time.monotonic() < give_up, f"{seen} of {number} records became visible"
        keep()
