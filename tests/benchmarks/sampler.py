"""What processes take while they work: CPU and memory, looked at from outside, the same for everybody."""

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

import psutil

EVERY_S = 0.05


class Look(NamedTuple):
    """One look at some processes together."""

    at: float
    """Seconds since 1970, as the broker counts."""
    cpu: float
    """Seconds, user and system."""
    resident: int
    """Bytes."""


class Sampler:
    """Looks at processes again and again until the block ends."""

    def __init__(self, *processes: Sequence[int]) -> None:
        """Each argument: the ids of processes that count together."""
        self._groups = [[psutil.Process(pid) for pid in group] for group in processes]
        self._looks: list[list[Look]] = [[] for _ in processes]
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)

    def cpu(self, group: int, since: float, until: float) -> float:
        """Seconds of CPU that a group took between two times."""
        looks = self._looks[group]
        return at_time(looks, until) - at_time(looks, since)

    def resident(self, group: int, since: float, until: float) -> int:
        """The most bytes that were resident between two times."""
        looks = self._looks[group]
        between = [look.resident for look in looks if since - EVERY_S <= look.at <= until + EVERY_S]
        return max(between, default=looks[-1].resident)

    def _run(self) -> None:
        while not self._enough.is_set():
            for group, looks in zip(self._groups, self._looks, strict=True):
                with suppress(psutil.NoSuchProcess):
                    looks.append(look_at(group))
            self._enough.wait(EVERY_S)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._enough.set()
        self._thread.join()


def look_at(group: Sequence[psutil.Process]) -> Look:
    cpu, resident = 0.0, 0
    for process in group:
        with process.oneshot():
            times = process.cpu_times()
            cpu += times.user + times.system
            resident += process.memory_info().rss
    return Look(time.time(), cpu, resident)


def at_time(looks: Sequence[Look], at: float) -> float:
    """The CPU time taken by then, on the line between the looks around it."""
    place = bisect_left(looks, at, key=lambda look: look.at)
    if place == 0 or place == len(looks):
        return looks[min(place, len(looks) - 1)].cpu
    before, after = looks[place - 1], looks[place]
    return before.cpu + (after.cpu - before.cpu) * (at - before.at) / (after.at - before.at)
