"""The local stack as a process of its own, found by others through its state folder."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from streams.errors import ConfigurationError, LocalModeError
from streams.local.child import module_command, module_environment, open_log, read_tail
from streams.local.folders import default_state_dir
from streams.local.jars import Progress, fetch_jars
from streams.local.lock import create_folder
from streams.local.run_state import RunState, is_running, read_state
from streams.local.stack import LOGS, RUN_FILE, Endpoints

POLL_EVERY = 0.1
START_TIMEOUT = 300.0
"""Seconds for a start, the first one's downloads included."""

STOP_TIMEOUT = 90.0
REFUSED = 3
"""What the command line ends with when a topic, a table or a setting is not what it must be."""


class Run(RunState):
    """A stack that is alive at this moment."""

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(**self.about)


def supervise_command(state_dir: Path) -> list[str]:
    """Serves a stack until it is told to end."""
    return module_command("streams", ["supervise", "--state-dir", str(state_dir)])


def read_run(state_dir: Path | None = None) -> Run | None:
    """The stack that runs in this folder, in whichever process; None when none does."""
    state = read_state((state_dir or default_state_dir()) / RUN_FILE)
    if state is None or not is_running(state.pid, state.created):
        return None
    return Run(**state.model_dump())


def start_in_background(
    state_dir: Path | None = None,
    *,
    command: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    on_progress: Progress = lambda line: None,
    timeout: float = START_TIMEOUT,
) -> Run:
    """Start a stack that outlives us, and wait until it is ready.

    `command` is what serves it (`supervise_command` unless said otherwise). Raises `LocalModeError` when a stack runs
    in the folder already, and with the log's tail when the new one ends or is too late.
    """
    folder = (state_dir or default_state_dir()).absolute()
    if run := read_run(folder):
        raise LocalModeError(
            f"{folder} is already in use by process {run.pid}: stop that one first, or use another folder"
        )
    create_folder(folder)
    fetch_jars(on_progress=on_progress)  # the first time takes a while: here it can be seen
    on_progress("starting the local stack")
    log = folder / LOGS / "supervisor.log"
    with open_log(log) as output:
        begin = log.stat().st_size
        process = subprocess.Popen(
            command or supervise_command(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **module_environment(), **(environment or {})},
            start_new_session=True,
        )
    deadline = time.monotonic() + timeout
    while (run := read_run(folder)) is None or not run.ready or run.pid != process.pid:
        if process.poll() == REFUSED:
            raise ConfigurationError(f"the local services do not start:\n{read_tail(log, since=begin)}")
        if process.poll() is not None:
            raise LocalModeError(f"the stack ended with code {process.returncode}:\n{read_tail(log, since=begin)}")
        if time.monotonic() > deadline:
            process.terminate()
            process.wait()
            raise LocalModeError(f"the stack was not ready within {timeout:g} s:\n{read_tail(log, since=begin)}")
        time.sleep(POLL_EVERY)
    process.returncode = 0  # it is to outlive us: nobody waits for it
    return run


def stop_background(state_dir: Path | None = None, *, timeout: float = STOP_TIMEOUT) -> bool:
    """End the stack of this folder and wait until it is gone. Returns False when none runs."""
    run = read_run(state_dir)
    if run is None:
        return False
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        process = psutil.Process(run.pid)
        os.kill(run.pid, signal.SIGTERM)
        try:
            process.wait(timeout)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(timeout)
    return True
