"""What a stage's process is told of the run before it, and what its exit code says about that run.

Whoever starts it again gives every run a name, and names the last run with its exit code: `name:code`.
"""

import signal
from collections.abc import Mapping
from typing import NamedTuple

RUN = "TURNLOG_RUN"
LAST_RUN = "TURNLOG_LAST_RUN"
BURST = 19
"""The exit code after which a stage is not started again; the engine's table of codes has the reason."""
FINAL = frozenset({BURST})
HUNG = 20
"""The exit code of a stage whose own code never came back."""
NOT_THE_STAGE = frozenset({*range(7), *range(10, HUNG), 126, 127, *range(129, 160)})
"""Exit codes of the command line, of the engine's checks and of shells: they say nothing about the stage's own code."""
FAULTS = frozenset(
    -fault
    for fault in (
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGSEGV,
    )
)
"""Signals that a process brings upon itself. A SIGKILL comes from outside, and from a system without memory."""


class Runs(NamedTuple):
    """This run of the process; `died`: the one before it, if its own code ended it."""

    name: str = ""
    died: str = ""


def runs_of(environment: Mapping[str, str]) -> Runs:
    """What the environment tells; nothing where nobody told."""
    last, _, code = environment.get(LAST_RUN, "").rpartition(":")
    died = last if _is_number(code) and died_of_itself(int(code)) else ""
    return Runs(environment.get(RUN, ""), died)


def environment_of(name: str, last: str, code: int | None) -> dict[str, str]:
    """The inverse. `code`: None where there was no run before, or it was never started."""
    return {RUN: name, LAST_RUN: "" if code is None else f"{last}:{code}"}


def died_of_itself(code: int) -> bool:
    """Whether this exit code (negative: a signal) lays the end of a run to code that the run executed."""
    return code in FAULTS if code < 0 else code not in NOT_THE_STAGE


def _is_number(code: str) -> bool:
    return code.removeprefix("-").isdigit()
