"""The processes of a worker."""

from contextlib import suppress

import psutil

from streams.topology import NAMES


def stages_of(pid: int) -> dict[str, psutil.Process]:
    """The stages that this worker runs now, by name."""
    found = {}
    for child in psutil.Process(pid).children():
        words = command_of(child).split()
        if words and words[-1] in NAMES:
            found[words[-1]] = child
    return found


def command_of(process: psutil.Process) -> str:
    """Its command line; empty where it has ended."""
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline()).strip()
    return ""
