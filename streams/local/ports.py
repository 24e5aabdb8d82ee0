"""Ports of the loopback interface: which are free, and keeping the ones a service had."""

import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

from streams.errors import LocalModeError

LOOPBACK = "127.0.0.1"

CHOICE = range(20_000, 32_000)
"""Below what systems give to outgoing connections: while a service is away for a moment, none of those, such as the
attempts of its own clients to reach it, can take its port."""


def is_free(port: int) -> bool:
    """Nobody listens there at this moment."""
    try:
        socket.create_server((LOOPBACK, port)).close()
    except (OSError, OverflowError):
        return False
    return True


def find_free_ports(count: int) -> list[int]:
    """Different ports on which nobody listens."""
    found: list[int] = []
    for port in random.sample(CHOICE, 1000):
        if len(found) < count and is_free(port):
            found.append(port)
    if len(found) < count:
        raise LocalModeError(f"no free ports on {LOOPBACK} between {CHOICE[0]} and {CHOICE[-1]}")
    return found


def keep_ports(remembered: Path, *, wanted: Sequence[int | None]) -> list[int]:
    """Choose a port for each place: the wanted one, else the one of last time if it is free, else a new one.

    The choice is written to `remembered`. A wanted port that is taken raises `LocalModeError`.
    """
    for port in wanted:
        if port is not None and not is_free(port):
            raise LocalModeError(f"port {port} on {LOOPBACK} is taken: stop what listens there, or choose another port")
    chosen: list[int] = []
    for want, before in zip(wanted, _read(remembered, len(wanted)), strict=True):
        usable = before is not None and before not in (*wanted, *chosen) and is_free(before)
        fresh = (port for port in find_free_ports(len(wanted) * 2) if port not in (*wanted, *chosen))
        chosen.append(want if want is not None else before if before is not None and usable else next(fresh))
    remembered.write_text(json.dumps(chosen))
    return chosen


def _read(path: Path, count: int) -> list[int | None]:
    try:
        ports = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return [None] * count
    known = isinstance(ports, list) and len(ports) == count and all(isinstance(port, int) for port in ports)
    return list(ports) if known else [None] * count
