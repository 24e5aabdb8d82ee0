"""The soak, short: kill -9 of everything at random, and all that readers see is what it is without."""

from pathlib import Path

import pytest

from streams.cli.soak import harness_in
from streams.errors import ConfigurationError
from tests.faults.kills import VICTIMS
from tests.faults.report import read
from tests.faults.round import Progress
from tests.faults.soak import next_seed, soak
from tests.faults.test_report import entry

KILLS, SEED = 9, 1


@pytest.mark.kafka
@pytest.mark.clickhouse
@pytest.mark.kills
@pytest.mark.timeout(900)
def test_killing_everything_at_random_leaves_the_same_views(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report = soak(KILLS, seed=SEED, path=path, progress=Progress(print, lambda _: None), with_canary=False)
    totals = report.totals
    print(totals.model_dump_json(indent=1))
    assert report == read(path)
    assert sum(totals.kills_by_part.values()) == KILLS
    assert totals.kills_by_part.keys() <= set(VICTIMS)
    assert (totals.kills, totals.differences, totals.lost, totals.doubled) == (KILLS, 0, 0, 0)
    assert totals.least_lag > 0, "a kill that hits no work proves nothing"
    assert soak(KILLS, seed=SEED, path=path, progress=Progress(print, lambda _: None), with_canary=False) == report


def test_a_round_takes_the_first_seed_that_none_had() -> None:
    assert next_seed([], 4) == 4
    assert next_seed([entry(4), entry(5), entry(9)], 4) == 6


def test_without_the_source_tree_the_command_says_where_to_run_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="source tree"):
        harness_in(tmp_path)
