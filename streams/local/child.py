"""One process that we start: with a log file, on a leash, ended by SIGTERM and then SIGKILL."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from streams.errors import LocalModeError
from streams.local.lock import create_folder
from streams.local.spawn import spawn
from streams.local.standby import Standby, Task

LOG_LIMIT = 16 << 20
POLL_EVERY = 0.02
ROOT = Path(__file__).parents[2]


class Child:
    """A program and the process that runs it at the moment, if any.

    The process is killed by the system when the thread that called `start` ends (Linux) or our process does:
    start children from a thread that lives as long as they should.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        standby: Sequence[str] = (),
    ) -> None:
        """`standby`: the arguments of turnlog with which a process that waits does the same as `command`."""
        self.name, self.command, self.log, self.cwd, self.standby = name, list(command), log, cwd, standby
        self.env = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def start(self, standby: Standby | None = None) -> None:
        """Start the program; its output goes to the log, or without one where ours goes. Returns at once.

        Where a process waits on `standby` and can be this program, it becomes it.
        """
        with open_log(self.log) as log:
            self._log_start = log.tell() if log else 0
            self._process = self._take(standby) or spawn(self.command, self.env, stdout=log, cwd=self.cwd)

    def _take(self, standby: Standby | None) -> subprocess.Popen[bytes] | None:
        if standby is None or not self.standby:
            return None
        return standby.take(Task(self.standby, self.env, str(self.log.absolute()) if self.log else None))

    @property
    def pid(self) -> int:
        if self._process is None:
            raise LocalModeError(f"{self.name} has not been started")
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def exit_code(self) -> int | None:
        """What the process ended with; negative is a signal. None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    def terminate(self) -> None:
        """Ask it to end. Returns at once."""
        self._signal(signal.SIGTERM)

    def stop(self, grace: float) -> None:
        """Ask it to end, and kill it when it has not within `grace` seconds. The second time does nothing."""
        self.terminate()
        if self._process is not None:
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would, and wait until it is gone."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def wait_ready(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until `ready` says so. Raises `LocalModeError` with the log's tail when it ends or is too late."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.alive():
                raise LocalModeError(f"{self.name} ended with code {self.exit_code()}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise LocalModeError(f"{self.name} was not ready within {timeout:g} s:\n{self.tail()}")
            time.sleep(POLL_EVERY)

    def tail(self) -> str:
        """The last lines that the present process wrote to the log."""
        return read_tail(self.log, since=self._log_start)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)


def module_command(module: str, arguments: Sequence[str]) -> list[str]:
    """Run a module of ours with this Python."""
    return [sys.executable, "-m", module, *arguments]


def stage_arguments(stage: str) -> list[str]:
    """turnlog's arguments to run one stage."""
    return ["stage", stage]


def stage_command(stage: str) -> list[str]:
    """Runs one stage in a process of its own."""
    return module_command("streams", stage_arguments(stage))


def module_environment() -> dict[str, str]:
    """Lets such a child find our packages where this process did, also when they are not installed."""
    if ROOT.name in ("site-packages", "dist-packages"):
        return {}
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(ROOT), *([inherited] if inherited else [])])}


def created_at(pid: int) -> float | None:
    """When that process was created (seconds since 1970), None when it is gone or a zombie.

    Together with the process id this names a process for good; the id alone may be used again.
    """
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


@contextlib.contextmanager
def open_log(log: Path | None) -> Iterator[IO[bytes] | None]:
    """The log to append to; None where there is none."""
    if log is None:
        yield None
        return
    create_folder(log.parent)
    rotate(log)
    with log.open("ab") as file:
        yield file


def rotate(log: Path) -> None:
    """Begin a new log when it has grown; one older one is kept."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_name(log.name + ".1"))


def read_tail(log: Path | None, *, since: int = 0, limit: int = 3000) -> str:
    """The last lines of a log, for an error message; nothing that stood there before `since`."""
    if log is None:
        return "(see its output)"
    try:
        with log.open("rb") as file:
            file.seek(max(since, file.seek(0, os.SEEK_END) - limit))
            return file.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return "(no log)"
