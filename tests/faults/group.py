"""The workers of a run: processes that join their groups and leave them, and which partitions each one holds.

What a worker holds is read from its log: `lane_opened` and `lane_closed` of its stages.
"""

import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import orjson

from streams.topology import NAMES
from tests.deployment.production import PARTITIONS, ROOT, Worker

EVERYTHING = set(range(PARTITIONS))


class Member(Worker):
    """A `turnlog worker` with settings of its own."""

    def __init__(
        self, log: Path, stages: tuple[str, ...], environment: Mapping[str, str], version: Path = ROOT
    ) -> None:
        super().__init__(log, stages, version, {**environment, "TURNLOG_LOG": "json"})
        self.name, self.runs = log.stem, stages or NAMES
        self._read, self._said = 0, list[dict[str, Any]]()

    def said(self) -> list[dict[str, Any]]:
        """The lines of its log so far."""
        with self.log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        if whole:
            self._read += len(whole) + 1
            self._said += [orjson.loads(line) for line in whole.split(b"\n") if line.startswith(b'{"at"')]
        return list(self._said)

    def holds(self) -> dict[str, set[int]]:
        """The partitions whose lanes are open, by stage."""
        found: dict[str, set[int]] = defaultdict(set)
        for line in self.said():
            match line:
                case {"action": "lane_opened", "stage": stage, "partition": number}:
                    found[stage].add(number)
                case {"action": "lane_closed", "stage": stage, "partition": number}:
                    found[stage].discard(number)
                case {"action": "ended", "part": stage}:
                    found[stage].clear()
        return found

    def exits(self) -> list[tuple[str, int]]:
        """The stages that ended by themselves, and their exit codes."""
        return [(line["part"], int(line["code"])) for line in self.said() if line["action"] == "ended"]

    def pid(self, stage: str) -> int:
        wait_until(lambda: stage in self.stages(), 30, lambda: f"{self.name} runs no {stage}")
        return self.stages()[stage]

    def send(self, stage: str, number: signal.Signals) -> None:
        os.kill(self.pid(stage), number)


class Members:
    """All workers of a run; none outlives it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], version: Path = ROOT) -> None:
        """`version`: the folder that holds the packages."""
        self._folder, self._environment, self._version = folder, environment, version
        self._started: Counter[str] = Counter()
        self.alive: list[Member] = []
        self.all: list[Member] = []
        """Those that are gone, too: their logs tell what they did."""

    def start(self, name: str, *stages: str, **settings: str) -> Member:
        self._started[name] += 1
        log = self._folder / f"{name}-{self._started[name]}.log"
        member = Member(log, stages, {**self._environment, **settings}, self._version)
        self.alive.append(member)
        self.all.append(member)
        return member

    def stop(self, member: Member) -> None:
        """Ask it to end; it must end well."""
        self.alive.remove(member)
        try:
            assert member.stop() == 0, member.log.read_text()[-3000:]
        finally:
            member.kill()

    def kill(self, member: Member) -> None:
        """kill -9 of it and of all its stages."""
        self.alive.remove(member)
        member.kill()

    def wait_until_shared(self, limit: float = 300) -> None:
        """Until every partition of every stage is held by exactly one worker, and each worker has some."""
        wait_until(self._is_shared, limit, lambda: str({each.name: dict(each.holds()) for each in self.alive}))

    def _is_shared(self) -> bool:
        held = [(member, member.holds()) for member in self.alive]
        if any(not holds[stage] for member, holds in held for stage in member.runs):
            return False
        counts = {stage: Counter(n for _, holds in held for n in holds[stage]) for stage in NAMES}
        return all(set(count) == EVERYTHING and count.total() == PARTITIONS for count in counts.values())

    def exits(self) -> list[tuple[str, int]]:
        """Of all workers: the stages that ended by themselves with an error."""
        return [found for member in self.all for found in member.exits() if found[1] != 0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in list(self.alive):
            self.kill(member)


def skipped(members: Iterable[Member]) -> list[str]:
    """Where a lane began to read beyond the place up to which its predecessor had read, or before the one where it
    began: from one owner to the next no record may be passed over, and what is committed is not read again."""
    events = sorted((line for member in members for line in member.said()), key=lambda line: str(line["at"]))
    opened: dict[tuple[object, ...], list[int]] = {}
    closed: dict[tuple[object, ...], list[int] | None] = {}
    wrong = []
    for line in events:
        if line["action"] not in ("lane_opened", "lane_closed"):
            continue
        lane, positions = (line["stage"], line["partition"], *line["sources"]), list(line["positions"])
        if line["action"] == "lane_closed":
            closed[lane] = positions or None  # closed before it was open: it read nothing
            continue
        before, after = opened.get(lane), closed.get(lane)
        if (before and any(a < b for a, b in zip(positions, before, strict=True))) or (
            after and any(a > b for a, b in zip(positions, after, strict=True))
        ):
            wrong.append(f"{lane}: began at {before}, left at {after}, the next began at {positions}")
        opened[lane], closed[lane] = positions, None
    return wrong


def wait_until(true: Callable[[], bool], limit: float, why: Callable[[], str]) -> None:
    deadline = time.monotonic() + limit
    while not true():
        assert time.monotonic() < deadline, f"not within {limit:.0f} s: {why()}"
        time.sleep(0.1)
