"""Named places where a test makes a process die, stand still, fail or wait. Unarmed, each costs a look at a list.

    TURNLOG_FAILPOINTS=ingest/committing=kill:0.002@3,sink/table_inserted=hang
    TURNLOG_FAILPOINTS_DIR=/some/folder

A failpoint is `stage/point=action`, with `:seconds` and `@pass` where needed: the action happens at the first pass, or
the n-th. Those of a stage are armed one after the other in the order given, and passes are counted from then on. Each
fires once, whichever process comes by: the file `0-ingest-committing` in the folder says that the first did, with the
epoch time in milliseconds.

    kill     SIGKILL; with seconds that much later, while the process goes on
    hang     the thread stands still for ever: in the event loop, everything does
    raise    FailpointRaised
    delay    the thread stands still for so many seconds
    stop     SIGSTOP: the whole process stands still, until somebody sends it SIGCONT

After kill, hang and raise the process is to end: no other one fires in it. Points are named where they are passed, by
`reach`. As in FreeBSD's fail(9), and in TiKV, which took it from there.
"""

import logging
import os
import re
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from streams.errors import ConfigurationError

log = logging.getLogger(__name__)

POINTS = "TURNLOG_FAILPOINTS"
FOLDER = "TURNLOG_FAILPOINTS_DIR"
LAST = ("kill", "hang", "raise")
_FORM = re.compile(
    r"(?P<stage>[a-z-]+)/(?P<point>[a-z_]+)=(?P<action>kill|hang|raise|delay|stop)"
    r"(:(?P<seconds>\d+(\.\d+)?))?(@(?P<nth>[1-9]\d*))?"
)


class FailpointRaised(Exception):
    """What `raise` raises: an error that nobody expects."""


class Failpoint(NamedTuple):
    """One that has not fired yet. `fired`: the file that will say so."""

    point: str
    action: str
    seconds: float
    nth: int
    fired: Path


_armed: list[Failpoint] = []
_passes = 0


def reach(point: str) -> None:
    """Say that the process is here."""
    if _armed:
        _pass_by(point)


def arm(stage: str, environment: Mapping[str, str]) -> None:
    """Arm what the environment names for this stage and has not fired. Raises ConfigurationError where it is wrong."""
    global _armed, _passes
    _armed, _passes = [], 0
    if not (listed := environment.get(POINTS, "")):
        return
    folder = environment.get(FOLDER, "")
    if not folder or not Path(folder).is_dir():
        raise ConfigurationError(f"{FOLDER} has to be a folder, where {POINTS} is set")
    for number, each in enumerate(listed.split(",")):
        found = _FORM.fullmatch(each.strip())
        if found is None:
            raise ConfigurationError(f"{POINTS}: {each!r} is not stage/point=action[:seconds][@pass]")
        if found["stage"] == stage:
            fired = Path(folder, f"{number}-{stage}-{found['point']}")
            seconds, nth = float(found["seconds"] or 0), int(found["nth"] or 1)
            _armed.append(Failpoint(found["point"], found["action"], seconds, nth, fired))


def _pass_by(point: str) -> None:
    global _passes
    while _armed and _armed[0].fired.exists():  # in a process before this one, or beside it
        del _armed[0]
        _passes = 0
    if not _armed or _armed[0].point != point:
        return
    _passes += 1
    if _passes == _armed[0].nth:
        _fire(_armed[0])


def _fire(failpoint: Failpoint) -> None:
    try:
        with failpoint.fired.open("x") as file:
            file.write(str(time.time_ns() // 1_000_000))
    except FileExistsError:  # another process was quicker
        return
    log.warning("action=failpoint point=%s why=%s", failpoint.point, failpoint.action)
    if failpoint.action in LAST:
        _armed.clear()
    match failpoint.action:
        case "kill" if failpoint.seconds:
            threading.Timer(failpoint.seconds, _send, [signal.SIGKILL]).start()
        case "kill":
            _send(signal.SIGKILL)
        case "hang":
            threading.Event().wait()
        case "raise":
            raise FailpointRaised(failpoint.point)
        case "delay":
            time.sleep(failpoint.seconds)
        case "stop":
            _send(signal.SIGSTOP)


def _send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
