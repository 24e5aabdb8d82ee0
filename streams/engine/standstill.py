"""Whose code the event loop stands still in: only what a stage's own code does may be laid to its record."""

import asyncio
import sys
from collections.abc import Iterable, Iterator

OUTSIDE = ("logging", "aiokafka", "faust", "mode")
"""Packages that wait for what is outside: a pipe that nobody reads, a broker."""
ENGINE = "streams.engine"


def is_of_stage(modules: Iterable[str], *, called: bool) -> bool:
    """Whether a task stands still in a stage's own code. `modules`: of its frames, the innermost first; `called`: it
    is a lane's task, and the lane has called its stage.

    A task that a stage made itself, as for a call, has no frame of the engine.
    """
    found = False
    for module in modules:
        if module.partition(".")[0] in OUTSIDE:
            return False
        if module == ENGINE or module.startswith(ENGINE + "."):
            return called
        found = True
    return found


def modules_of(task: asyncio.Task[object], thread: int) -> Iterator[str]:
    """Of the frames of the task that runs in this thread, the innermost first."""
    first = getattr(task.get_coro(), "cr_frame", None)
    frame = sys._current_frames().get(thread)
    while frame is not None:
        yield frame.f_globals.get("__name__", "")
        frame = None if frame is first else frame.f_back
