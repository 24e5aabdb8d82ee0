"""The report of the soak that README speaks of: its totals are the sums of its rounds, and no round differs."""

from pathlib import Path

import pytest

from tests.faults.kills import VICTIMS
from tests.faults.report import (
    Called,
    Canary,
    Failed,
    Killed,
    Report,
    Round,
    read,
    report_of,
    totals_of,
    write,
    wrong_exits,
)

PATH = Path(__file__).with_name("report.json")


@pytest.fixture(scope="module")
def report() -> Report:
    assert PATH.exists(), "made by: python3 infra/start.py soak --kills 500 --report tests/faults/report.json"
    return read(PATH)


def test_the_totals_are_the_sums_of_the_rounds(report: Report) -> None:
    assert report.totals == totals_of(report.rounds, report.failed)
    assert len({each.seed for each in report.rounds}) == report.totals.rounds > 0


def test_every_round_came_to_its_end(report: Report) -> None:
    assert report.failed == ()


def test_no_round_lost_doubled_or_changed_anything(report: Report) -> None:
    totals = report.totals
    assert (totals.lost, totals.doubled, totals.altered, totals.differences) == (0, 0, 0, 0)
    assert totals.calls_unexplained == 0
    assert totals.calls_asked == totals.calls_distinct + totals.calls_repeated
    assert all(each.calls.ledger == each.calls.distinct for each in report.rounds)


def test_every_part_was_killed_and_each_time_at_work(report: Report) -> None:
    assert report.totals.kills_by_part.keys() == set(VICTIMS)
    assert report.totals.least_lag > 0


def test_no_part_ended_by_itself_but_for_a_kill(report: Report) -> None:
    assert [told for each in report.rounds for told in wrong_exits(each.exits)] == []


def test_the_stock_agent_fails_in_the_same_test(report: Report) -> None:
    assert report.canary is not None
    assert report.canary.kills > 0
    assert report.canary.lost + report.canary.doubled > 0


def entry(seed: int, **changes: object) -> Round:
    kills = {"ingest": Killed(lags=(3, 1), first_row_s=(2.5,)), "kafka": Killed(lags=(9,), first_row_s=(7.0,))}
    calls = Called(asked=12, distinct=10, ledger=10, unexplained=0, in_kills=1)
    made = Round(
        seed=seed,
        records=100,
        sent_again=3,
        turns=150,
        dead_letters=4,
        rows_compared=900,
        differences=0,
        lost=0,
        doubled=0,
        calls=calls,
        kills=kills,
        exits={"sink": {"11": 1}},
        seconds=20.0,
    )
    return made.model_copy(update=changes)


def test_totals_count_kills_by_part_and_take_medians_of_workers_alone() -> None:
    totals = totals_of([entry(1), entry(2, kills={"ingest": Killed(lags=(7,), first_row_s=(3.5,))}, lost=1)])
    assert (totals.kills, totals.kills_by_part, totals.least_lag) == (4, {"ingest": 3, "kafka": 1}, 1)
    assert (totals.lost, totals.calls_repeated) == (1, 4)
    assert totals.first_row_of_workers is not None
    assert totals.first_row_of_workers.model_dump() == {
        "measured": 2, "not_measured": 0, "median_s": 3.0, "worst_s": 3.5,
    }  # fmt: skip
    assert totals.first_row_by_part["kafka"].worst_s == 7.0


def test_totals_say_how_many_first_rows_were_waited_for_in_vain() -> None:
    kills = {"ingest": Killed(lags=(3, 1, 2), first_row_s=(2.5,), not_measured=1), "sink": Killed(lags=(1,))}
    totals = totals_of([entry(1, kills=kills), entry(2, kills={"kafka": Killed(lags=(4, 5), not_measured=2)})])
    shown = {part: (row.measured, row.not_measured, row.worst_s) for part, row in totals.first_row_by_part.items()}
    assert shown == {"ingest": (1, 1, 2.5), "kafka": (0, 2, None)}
    assert totals.first_row_of_workers is not None
    assert (totals.first_row_of_workers.measured, totals.first_row_of_workers.not_measured) == (1, 1)


def test_a_failed_round_is_in_the_totals_and_its_kills_are_not() -> None:
    report = report_of([entry(1)], None, [Failed(seed=2, kills=7, why="AssertionError: not quiet")])
    assert (report.totals.failed, report.totals.rounds, report.totals.kills) == (1, 1, 3)


@pytest.mark.parametrize(
    ("exits", "told"),
    [
        ({}, 0),
        ({"sink": {"11": 4}, "ingest": {"10": 1, "13": 1}}, 0),
        ({"sink": {"11": 4, "1": 2}}, 1),
        ({"extract": {"12": 1, "15": 1, "17": 1}}, 3),
        ({"window": {"-11": 1}, "resolve": {"0": 1}}, 2),
        ({"kafka": {"11": 1}, "clickhouse": {"1": 1}}, 2),
    ],
    ids=["none", "for a broker's kill", "a crash", "gap, poison, disagree", "a fault, no reason", "services"],
)
def test_a_part_may_end_for_a_broker_that_was_killed_and_for_nothing_else(
    exits: dict[str, dict[str, int]], told: int
) -> None:
    assert len(wrong_exits(exits)) == told


def test_a_report_without_what_is_counted_now_is_read() -> None:
    """Whatever was not counted then is none."""
    made = report_of([entry(1)], None)
    new = ("failed", "altered", "not_measured")
    assert Report.model_validate(without(made.model_dump(mode="json"), new)) == made


def without(told: object, names: tuple[str, ...]) -> object:
    match told:
        case dict():
            return {name: without(each, names) for name, each in told.items() if name not in names}
        case list():
            return [without(each, names) for each in told]
    return told


def test_a_report_is_read_back_as_it_was_written_and_one_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert read(path).totals.kills == 0
    failed = [Failed(seed=3, kills=1, why="KeyError: 'x'")]
    made = report_of([entry(1), entry(2)], Canary(kills=3, turns=100, lost=0, doubled=7), failed)
    write(path, made)
    assert read(path) == made
    assert sum(line.startswith('  {"seed"') for line in path.read_text().splitlines()) == 2, "a line for each round"
    path.write_text("{}")
    with pytest.raises(ValueError, match="totals"):
        read(path)
