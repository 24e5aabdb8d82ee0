"""A process that has loaded the code of the stages and waits to be told which command of turnlog it is.

Loading takes longer than all else that a stage does before it reads again. Where one ended, the one that waits takes
its place at once.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from streams.local.spawn import spawn

CALM_S = 5.0
"""So long after the last start of a process, what was started has loaded: the next to wait does not slow it down."""
AGAIN_S = 60.0
"""After so long a new one is tried where one ended without a task, or could not be started."""
COMMAND = "standby"
CODE = tuple(Path(__file__).parents[2] / package for package in ("streams", "schemas"))

log = logging.getLogger(__name__)


class Task(NamedTuple):
    """What a waiting process is to be. `log`: the file that its output goes to; without it, where it went so far."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    log: str | None

    def as_line(self) -> bytes:
        return json.dumps(self).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        return cls(*json.loads(line))


class Standby:
    """At most one process that waits. For one thread: that of the supervisor, on whose leash it is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._version = 0
        self._due = 0.0

    def turn(self, now: float, *, calm: bool) -> None:
        """Start one when it is time. `now` is monotonic; `calm`: nothing was started or ended at this moment."""
        if self._process is not None and (code := self._process.poll()) is not None:
            log.warning("action=standby_ended code=%s", code)
            self.stop()
            self._due = now + AGAIN_S
        if not calm:
            self._due = max(self._due, now + CALM_S)
        elif self._process is None and now >= self._due:
            self._start(now)

    def take(self, task: Task) -> subprocess.Popen[bytes] | None:
        """Let the process that waits be this. None where none waits, or none with the code that is installed now."""
        if self._process is not None and version() != self._version:
            self.stop()
        if self._process is None or self._process.poll() is not None:
            return None
        process, self._process = self._process, None
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:  # one that has just ended counts as if it had begun
            pipe.write(task.as_line())
        return process

    def _start(self, now: float) -> None:
        command = [sys.executable, "-m", "streams", COMMAND]
        try:
            self._version = version()
            self._process = spawn(command, self._environment, stdin=subprocess.PIPE)
        except OSError as error:  # no room for a process
            log.warning("action=standby_failed error=%s", error)
            self._due = now + AGAIN_S

    def stop(self) -> None:
        """End the one that waits."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def version() -> int:
    """Another one after every installation, and after every change of a checkout. Raises OSError."""
    return max(path.stat().st_mtime_ns for package in CODE for path in package.rglob("*.py"))


def wait_for_task() -> Sequence[str] | None:
    """In the process that waits: the arguments it is told, once it has taken on environment and log. None where it is
    not needed any more."""
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return None
    task = Task.read(line)
    os.environ.update(task.environment)
    if task.log is not None:
        log = os.open(task.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return task.arguments
