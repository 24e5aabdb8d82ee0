"""A process that has loaded everything takes the place of one that ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from streams.local import standby
from streams.local.child import module_environment
from streams.local.stack import running
from streams.local.standby import Standby, Task
from streams.local.supervisor import Backoff, Part, Supervisor
from tests.processes import command_of

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
QUICK = Backoff(first=0.05, limit=0.05)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "CALM_S", 0.1)
    monkeypatch.setattr(standby, "AGAIN_S", 1000)


def wait_until(true: Callable[[], object], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def waiting() -> Iterator[Standby]:
    """On the leash of this thread."""
    waiting = Standby(module_environment())
    waiting.turn(time.monotonic(), calm=True)
    yield waiting
    waiting.stop()


def waiting_processes() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "standby" in child.cmdline()]


def wait_for_another(waiting: Standby) -> None:
    def found() -> bool:
        waiting.turn(time.monotonic(), calm=True)
        return bool(waiting_processes())

    wait_until(found)


def test_it_becomes_the_command_with_its_environment_its_log_and_its_name(waiting: Standby, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {"TURNLOG_KAFKA": "127.0.0.1:1", "TURNLOG_CLICKHOUSE": "http://127.0.0.1:1", "TURNLOG_LOG": "json"}
    process = waiting.take(Task(["stage", "window"], environment, str(log)))
    assert process is not None
    names = set()
    while process.poll() is None:
        names.add(command_of(psutil.Process(process.pid)))
        time.sleep(0.05)
    assert "turnlog stage window" in names
    assert process.returncode == 11, "as `turnlog stage window` without a broker"
    assert '{"at":' in log.read_text()


def test_it_serves_once_and_then_another_waits(waiting: Standby, tmp_path: Path) -> None:
    task = Task(["describe"], {}, str(tmp_path / "log"))
    first = waiting.take(task)
    assert first is not None
    assert waiting.take(task) is None
    assert first.wait(60) == 0
    assert "flowchart" in (tmp_path / "log").read_text()
    wait_for_another(waiting)
    second = waiting.take(task)
    assert second is not None
    assert second.wait(60) == 0


def test_one_that_was_killed_is_not_taken_and_another_waits_much_later(waiting: Standby) -> None:
    wait_until(waiting_processes)
    (process,) = waiting_processes()
    process.kill()
    wait_until(lambda: process.status() == psutil.STATUS_ZOMBIE)
    assert waiting.take(Task(["describe"], {}, None)) is None
    now = time.monotonic()
    for later, number in ((0, 0), (10, 0), (2000, 1)):
        waiting.turn(now + later, calm=True)
        wait_until(lambda number=number: len(waiting_processes()) == number)  # type: ignore[misc]


def test_one_that_loaded_another_version_is_not_taken(waiting: Standby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "version", lambda: 1)
    assert waiting.take(Task(["describe"], {}, None)) is None
    assert not waiting_processes()
    wait_for_another(waiting)


def test_nobody_waits_while_something_starts(tmp_path: Path) -> None:
    waiting = Standby(module_environment())
    now = time.monotonic()
    waiting.turn(now, calm=False)
    waiting.turn(now + 0.05, calm=True)
    assert not waiting_processes()
    waiting.turn(now + 0.2, calm=True)
    wait_until(waiting_processes)
    waiting.stop()
    assert not waiting_processes()


def test_without_its_supervisor_it_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "streams", "standby"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **module_environment()},
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@contextmanager
def supervised(*parts: Part) -> Iterator[Supervisor]:
    supervisor = Supervisor(parts, backoff=QUICK)
    with running(supervisor):
        yield supervisor


@pytest.mark.kills
def test_a_supervisor_lets_it_take_the_place_of_a_part_that_was_killed(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    part = Part("sleeper", SLEEP, tmp_path / "log", env=module_environment(), standby=["describe"])
    with supervised(part, part._replace(name="other", standby=())) as supervisor:
        wait_until(waiting_processes)
        sleeper = supervisor.parts()["sleeper"].pid
        assert sleeper is not None
        os.kill(sleeper, signal.SIGKILL)
        wait_until(lambda: "flowchart" in (tmp_path / "log").read_text())  # the command itself says nothing
    assert set(psutil.Process().children()) <= before
