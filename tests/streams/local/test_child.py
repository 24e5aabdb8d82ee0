"""Children write to a log, end when told, and do not outlive whoever started them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.child import Child, created_at, module_environment, read_tail
from streams.local.spawn import LEASH

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = """
import os, subprocess, sys, time
program = [sys.executable, "-c", "import time; time.sleep(60)"]
command = [sys.executable, sys.argv[1], sys.argv[2], str(os.getpid()), *program]
print(subprocess.Popen(command).pid, flush=True)
time.sleep(60)
"""


def python(tmp_path: Path, code: str) -> Child:
    return Child("child", [sys.executable, "-u", "-c", code], log=tmp_path / "logs" / "child.log")


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_keeps_its_process_id_and_writes_to_its_log(tmp_path: Path) -> None:
    child = python(tmp_path, "import os; print(os.getpid())")
    child.start()
    wait_until(lambda: not child.alive())
    assert (read_tail(child.log), child.exit_code()) == (str(child.pid), 0)


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    child = python(tmp_path, STUBBORN)
    child.start()
    wait_until(lambda: read_tail(child.log) == "up")
    child.stop(grace=0.2)
    assert child.exit_code() == -signal.SIGKILL


def test_an_end_before_readiness_shows_the_log(tmp_path: Path) -> None:
    child = python(tmp_path, "import sys; print('cannot open the door'); sys.exit(3)")
    child.start()
    with pytest.raises(LocalModeError, match="ended with code 3:\ncannot open the door"):
        child.wait_ready(lambda: False, timeout=10)


def test_being_late_shows_the_log(tmp_path: Path) -> None:
    child = python(tmp_path, "import time; print('thinking'); time.sleep(60)")
    child.start()
    wait_until(lambda: read_tail(child.log) == "thinking")
    with pytest.raises(LocalModeError, match=r"not ready within 0\.1 s:\nthinking"):
        child.wait_ready(lambda: False, timeout=0.1)
    child.kill()


def test_a_program_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    child = Child("child", [str(tmp_path / "missing")], log=tmp_path / "log")
    child.start()
    wait_until(lambda: not child.alive())
    assert child.exit_code() == 127
    assert "cannot start" in read_tail(child.log)


@pytest.mark.kills
@pytest.mark.parametrize("mode", ["watch", pytest.param("signal", marks=pytest.mark.skipif("sys.platform != 'linux'"))])
def test_a_child_ends_with_a_killed_parent(mode: str) -> None:
    command = [sys.executable, "-c", PARENT, LEASH, mode]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **module_environment()}) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until(lambda: created_at(child) is not None)
        time.sleep(0.3)
        parent.kill()
        parent.wait()
        wait_until(lambda: created_at(child) is None)
