"""A stage that is frozen inside a transaction until its partitions have moved, and then wakes, changes nothing.

TURNLOG_ZOMBIES=10 is the full run. Each zombie is one stage in a worker of its own beside a whole one. A failpoint
holds it between its effects and their commit, or a sink before its insert; there it gets SIGSTOP, and SIGCONT once the
other holds its partitions. What a stage wants to write then is refused. A sink still inserts, rows that are there
already, and its commit is refused.
"""

import os
import random
import re
import signal
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.engine import ExitCode
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.faults.cluster import running, undisturbed
from tests.faults.cluster_load import SEED, Publisher, workload
from tests.faults.group import EVERYTHING, Member, Members, skipped, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.kills, pytest.mark.timeout(3600)]
ZOMBIES = int(os.environ.get("TURNLOG_ZOMBIES", "2"))
RECORDS_EACH = 180
RATE = 40
HELD_S = 5
SINKS = ("sink", "sink-facts")
NOT_KNOWN = re.compile("not recognized|UnknownMemberId|FencedInstanceId")
PLACES = (
    ("resolve", "committing"),
    ("sink", "rows_made"),
    ("ingest", "committing"),
    ("window", "committing"),
    ("extract", "committing"),
    ("sink-facts", "rows_made"),
    ("sink", "written"),
    ("sink-facts", "written"),
)
"""Where each is frozen: everything sent, rows made, or everything inserted, and nothing committed."""
AFTER = {"rows_made": "table_inserted"}
"""What a sink does all the same, once it wakes."""


class Zombie(NamedTuple):
    stage: str
    static: bool
    frozen_s: float
    refused: str
    did: str


def test_what_a_zombie_still_wanted_to_write_is_refused(clickhouse: LocalClickHouse, tmp_path: Path) -> None:
    records = workload(RECORDS_EACH * ZOMBIES)
    expected = undisturbed(records, tmp_path / "undisturbed", clickhouse)
    draw = random.Random(SEED)
    with LocalKafka(tmp_path / "kafka") as kafka, running(tmp_path / "run", kafka, clickhouse) as (run, members):
        members.start("whole", TURNLOG_INSTANCE_ID="whole")
        members.wait_until_shared()
        publisher = Publisher(kafka.address, records, rounds=ZOMBIES, rate=RATE)
        zombies = []
        for number in range(ZOMBIES):
            stage, point = PLACES[number % len(PLACES)]
            zombies.append(make_zombie(members, publisher, stage, point, draw.randint(1, 4), static=number % 2 == 1))
        publisher.finish()
        run.wait_until_quiet()
        print(f"seed {SEED}")
        for zombie in zombies:
            print(zombie)
        run.must_equal(expected)
        assert not skipped(members.all)
        exits = members.exits()
    assert [code for _, code in exits if code != ExitCode.FENCED] == []
    assert len(zombies) == ZOMBIES


def make_zombie(members: Members, publisher: Publisher, stage: str, point: str, nth: int, *, static: bool) -> Zombie:
    whole = members.alive[0]
    name = f"zombie-{stage}"
    fired = whole.log.parent / f"fired-{len(members.all)}"
    fired.mkdir()
    failpoints = [f"{stage}/{point}=delay:{HELD_S}@{nth}"]
    if after := AFTER.get(point, ""):
        failpoints.append(f"{stage}/{after}=delay")
    about = {
        "TURNLOG_FAILPOINTS": ",".join(failpoints),
        "TURNLOG_FAILPOINTS_DIR": str(fired),
        **({"TURNLOG_INSTANCE_ID": name} if static else {}),
    }
    guest = members.start(name, stage, **about)
    members.wait_until_shared()
    publisher.next_round()
    wait_until(lambda: any(fired.iterdir()), 90, lambda: f"no work for {stage}\n{guest.log.read_text()[-2000:]}")
    guest.send(stage, signal.SIGSTOP)
    frozen = time.monotonic()
    assert guest.holds()[stage], "a zombie has partitions"
    try:
        wait_until(lambda: whole.holds()[stage] == EVERYTHING, 90, lambda: f"{stage}: {whole.holds()}")
    finally:
        guest.send(stage, signal.SIGCONT)
    seconds = time.monotonic() - frozen
    wait_until(lambda: len([*fired.iterdir()]) == len(failpoints), 60, lambda: f"{stage} did not go on to {after}")
    wait_until(lambda: refusal(guest, stage) != "", 60, lambda: guest.log.read_text()[-3000:])
    members.stop(guest)
    members.wait_until_shared()
    return Zombie(stage, static, round(seconds, 1), refusal(guest, stage), after)


def refusal(guest: Member, stage: str) -> str:
    """How its log says that it was refused: a fenced transaction ends it; a sink is no member of its group any more."""
    for line in guest.said():
        match line:
            case {"action": "exit", "code": code, "why": why}:
                return f"exit {code} {why}"
            case {"message": str(message)} if stage in SINKS and NOT_KNOWN.search(message):
                return message
    return ""
