"""kill -9 of every process, at random moments, changes nothing: the dump equals that of an undisturbed run.

TURNLOG_KILL_TURNS and TURNLOG_KILLS make the run longer; README says with which figures it was run in full.
"""

import difflib
import os
import random
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest

from streams.topology import NAMES
from tests.integration.local import Local
from tests.workload import as_line, conversations

TURNS = int(os.environ.get("TURNLOG_KILL_TURNS", "6000"))
KILLS_EACH = int(os.environ.get("TURNLOG_KILLS", "1"))
RATE = int(os.environ.get("TURNLOG_KILL_RATE", "80"))
SEED = int(os.environ.get("TURNLOG_KILL_SEED", "1"))
VICTIMS = (*NAMES, "clickhouse", "kafka")


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    path = tmp_path_factory.mktemp("workload") / "records.jsonl"
    lines = [as_line(sent) for sent in conversations(TURNS, seed=SEED)]
    path.write_bytes(b"".join(lines))
    return path, len(lines)


@pytest.fixture(scope="module")
def undisturbed(workload: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> str:
    path, count = workload
    with Local(tmp_path_factory.mktemp("undisturbed")) as local:
        local("publish", str(path))
        local.wait_until_quiet(count)
        return local.dump()


@pytest.mark.kafka
@pytest.mark.clickhouse
@pytest.mark.kills
@pytest.mark.timeout(7200)
def test_killing_every_process_leaves_the_same_views(
    workload: tuple[Path, int], undisturbed: str, tmp_path: Path
) -> None:
    path, count = workload
    with Local(tmp_path / "killed") as local:
        publisher = local.start("publish", str(path), "--rate", str(RATE))
        lags = kill_everything(local)
        _, errors = publisher.communicate(timeout=3600)
        assert publisher.returncode == 0, errors
        local.wait_until_quiet(count, limit=1200)
        dump = local.dump()
    print(f"seed {SEED}; lag at each kill: {lags}")
    assert dump == undisturbed, first_differences(undisturbed, dump)
    assert len(lags) == len(VICTIMS) * KILLS_EACH
    assert all(lag > 0 for _, lag in lags), "a kill that hit no work proves nothing: publish more slowly"


def kill_everything(local: Local) -> Sequence[tuple[str, int]]:
    """Every victim as often as asked, in random order, each while there is work -> who, and the lag then."""
    draw = random.Random(SEED)
    victims = [*VICTIMS] * KILLS_EACH
    draw.shuffle(victims)
    lags = []
    for victim in victims:
        time.sleep(draw.uniform(0.5, 2.5))
        lags.append((victim, wait_for_lag(local)))
        local.kill(victim)
    return lags


def wait_for_lag(local: Local, limit: float = 90) -> int:
    """The lag as soon as there is some; a part that was just killed may be on its way back."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if (lag := local.lag()) > 0:
            return lag
        time.sleep(0.2)
    return 0


def first_differences(expected: str, found: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(), "undisturbed", "killed", n=0, lineterm="")
    return "\n".join(islice(lines, 20))
