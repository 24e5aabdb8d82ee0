"""Workers join, leave and die under load: the dump equals that of an undisturbed run, and no lane skips a record.

TURNLOG_REBALANCES=50 TURNLOG_MEMBERSHIPS=dynamic,static is the full run. Every rebalance is seen to have its effect
before the next begins. `mixed`: one worker after the other has a name of its own in the group, or none.
"""

import os
import random
import time
from pathlib import Path

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.faults.cluster import Run, running, undisturbed
from tests.faults.cluster_load import SEED, Publisher, workload
from tests.faults.group import Members, skipped, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.kills, pytest.mark.timeout(3600)]
REBALANCES = int(os.environ.get("TURNLOG_REBALANCES", "4"))
MEMBERSHIPS = os.environ.get("TURNLOG_MEMBERSHIPS", "mixed").split(",")
RECORDS_EACH = 90
RATE = 15
MOST = 3


@pytest.mark.parametrize("membership", MEMBERSHIPS)
def test_two_and_three_workers_that_come_and_go_change_nothing(
    clickhouse: LocalClickHouse, tmp_path: Path, membership: str
) -> None:
    records = workload(RECORDS_EACH * REBALANCES)
    expected = undisturbed(records, tmp_path / "undisturbed", clickhouse)
    with LocalKafka(tmp_path / "kafka") as kafka, running(tmp_path / "run", kafka, clickhouse) as (run, members):
        start(members, 0, membership)
        members.wait_until_shared()
        publisher = Publisher(kafka.address, records, rounds=REBALANCES, rate=RATE)
        seconds = [rebalance(run, members, publisher, draw, membership) for draw in draws()]
        publisher.finish()
        run.wait_until_quiet()
        run.must_equal(expected)
        assert not skipped(members.all)
        exits = members.exits()
    print(f"seed {SEED}, {membership}; {len(seconds)} rebalances, seconds each: {[round(each, 1) for each in seconds]}")
    assert exits == [], "nobody has a reason to end by himself"


def draws() -> list[float]:
    draw = random.Random(SEED)
    return [draw.random() for _ in range(REBALANCES)]


def rebalance(run: Run, members: Members, publisher: Publisher, draw: float, membership: str) -> float:
    """One worker more or one less, in either way -> seconds until all partitions are in hands again."""
    publisher.next_round()
    wait_until(lambda: any(run.lags().values()), 60, lambda: "there has to be work")
    started = time.monotonic()
    guests = members.alive[1:]
    if not guests or (len(guests) + 1 < MOST and draw < 0.5):
        start(members, free_number(members), membership)
    elif draw < 0.75:
        members.stop(guests[int(draw * 1000) % len(guests)])
    else:
        members.kill(guests[int(draw * 1000) % len(guests)])
    members.wait_until_shared()
    return time.monotonic() - started


def start(members: Members, number: int, membership: str) -> None:
    static = membership == "static" or (membership == "mixed" and len(members.all) % 2 == 1)
    members.start(f"worker{number}", **({"TURNLOG_INSTANCE_ID": f"worker{number}"} if static else {}))


def free_number(members: Members) -> int:
    taken = {member.name.split("-")[0] for member in members.alive}
    return next(number for number in range(MOST) if f"worker{number}" not in taken)
