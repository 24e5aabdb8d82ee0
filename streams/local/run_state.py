"""The file that says what runs: written by a supervisor, read by whoever looks for it, after a kill by the next one."""

import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from streams.local.child import created_at
from streams.local.started_with import StartedWith

CLOCK_TOLERANCE = 2.0
"""Seconds by which the time of a process's creation may differ: it is computed from a clock that can be set."""

GRACE = 10.0
STEADY = 30.0
"""Seconds after which a run is no short one."""
LOOP = 3
"""So many short runs in a row are a crash loop."""


class PartState(BaseModel):
    """One supervised process."""

    model_config = ConfigDict(frozen=True)

    pid: int | None = None
    """None while it waits for its next start."""
    created: float | None = None
    """When the process was created, seconds since 1970; with the pid it names the process for good."""
    started: float | None = None
    """Since when it has been this part, seconds since 1970: it may have waited for that before (standby.py)."""
    restarts: int = 0
    last_exit: int | None = None
    """What the run before this one ended with; negative is a signal."""
    exits: dict[int, int] = {}
    """How often it ended by itself, by code."""
    failures: int = 0
    """Ends soon after a start, in a row: each makes the wait for the next start longer."""
    stopped: bool = False
    """It is not started again: its exit code said so."""


def is_looping(part: PartState, *, now: float) -> bool:
    """Whether it ends again and again soon after its start; `now`: seconds since 1970."""
    return part.failures >= LOOP and (part.started is None or now - part.started < STEADY)


class RunState(BaseModel):
    """A supervisor and its parts."""

    model_config = ConfigDict(frozen=True)

    pid: int
    created: float
    ready: bool = False
    """Everything was started, and what must answer did."""
    about: dict[str, str] = {}
    started_with: StartedWith | None = None
    parts: dict[str, PartState] = {}


def write_state(path: Path, state: RunState) -> None:
    """Replace the file in one step: readers see the old one or the new one."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(state.model_dump_json(indent=1))
    beside.replace(path)


def read_state(path: Path) -> RunState | None:
    """What was written last, whether it still runs or not. None when there is nothing to read."""
    try:
        return RunState.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None


def is_running(pid: int | None, created: float | None) -> bool:
    """That very process is alive: not another one that got its id later."""
    if pid is None or created is None:
        return False
    actual = created_at(pid)
    return actual is not None and abs(actual - created) < CLOCK_TOLERANCE


def end_stale_parts(path: Path, *, grace: float = GRACE) -> list[str]:
    """End what a killed supervisor left running, as far as it did. Returns the names of those parts."""
    state = read_state(path)
    if state is None or is_running(state.pid, state.created):
        return []
    stale = find_running(state.parts)
    for process in stale.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    _, stubborn = psutil.wait_procs(list(stale.values()), timeout=grace)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=grace)
    return sorted(stale)


def find_running(parts: Mapping[str, PartState]) -> dict[str, psutil.Process]:
    found = {}
    for name, part in parts.items():
        if part.pid is not None and is_running(part.pid, part.created):
            with contextlib.suppress(psutil.NoSuchProcess):
                found[name] = psutil.Process(part.pid)
    return found
