"""What is done to a run from outside while it is under way, until all its failpoints have fired."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from tests.faults.cells import Cell
from tests.faults.cluster import Run
from tests.faults.group import Members
from tests.faults.trickle import Trickle

LARGEST = {"max.message.bytes": "100"}
REFUSED_S = 15.0


class Disturbed(NamedTuple):
    """A run under way. `folder`: where failpoints say that they fired."""

    run: Run
    members: Members
    publisher: Trickle
    folder: Path
    cells: Sequence[Cell]

    def fired(self) -> dict[Cell, int]:
        """When each did (epoch ms); one that fires at this moment may not have said so yet."""
        found = {}
        for number, cell in enumerate(self.cells):
            file = self.folder / f"{number}-{cell.stage}-{cell.point}"
            if file.exists() and (text := file.read_text()):
                found[cell] = int(text)
        return found

    def wait_until_fired(self, cells: Sequence[Cell], limit_s: float) -> None:
        """Or until the time is over, or nothing is left to publish."""
        deadline = time.monotonic() + limit_s
        while not set(cells) <= self.fired().keys() and time.monotonic() < deadline:
            time.sleep(0.1)

    def stopped(self) -> list[int]:
        """Process ids of stages that stand still."""
        pids = [pid for member in self.members.alive for pid in member.stages().values()]
        return [pid for pid in pids if psutil.Process(pid).status() == psutil.STATUS_STOPPED]


Disturb = Callable[[Disturbed], None]


def until_all_fired(disturbed: Disturbed) -> None:
    """Nothing more than the failpoints."""
    disturbed.wait_until_fired(disturbed.cells, 60 + 25 * len(disturbed.cells))


def wake(cell: Cell, disturbed: Disturbed, *, wait_s: float) -> None:
    """Whatever was stopped goes on, so many seconds after this failpoint fired."""
    disturbed.wait_until_fired([cell], 120)
    time.sleep(wait_s)
    stopped = disturbed.stopped()
    assert stopped, "nobody was stopped"
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    time.sleep(wait_s)


def refuse_records(topic: str, disturbed: Disturbed) -> None:
    """The broker refuses everything that is written to the topic, until a worker ends for it, or for a while."""
    admin = AdminClient({"bootstrap.servers": disturbed.run.environment["TURNLOG_KAFKA"]})
    alter(admin, topic, LARGEST, AlterConfigOpType.SET)
    deadline = time.monotonic() + REFUSED_S
    while not disturbed.members.exits() and time.monotonic() < deadline:
        time.sleep(0.5)
    alter(admin, topic, LARGEST, AlterConfigOpType.DELETE)


def alter(admin: AdminClient, topic: str, settings: Mapping[str, str], how: AlterConfigOpType) -> None:
    entries = [ConfigEntry(name, value, incremental_operation=how) for name, value in settings.items()]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(20)
