"""When a run is finished, and what is said while it is not."""

from typing import Any

import pytest

from streams.adapters.kafka import Place
from streams.admin.lag import StageLag
from streams.demo.moment import Moment, Sent, is_finished, still_open
from streams.demo.queries import Counted
from streams.demo.totals import equations, open_jobs, run_totals, subtract
from streams.query.results import Totals

NOTHING = Totals(
    accepted=0, resubmitted=0, controls=0, refused=0, controls_refused=0, turns_in=0, turns_stored=0,
    turns_duplicate=0, turns_conflicting=0, dead_letters=0, windows_resolved=0, extractions=0, computed=0,
    journal_hits=0, cost_usd=0.0, facts=0, facts_active=0, jobs={},
)  # fmt: skip
DONE = Sent(acknowledged=5, submissions=4, controls=1, turns=9, done=True)
COUNTED = Counted(
    NOTHING._replace(
        accepted=2, resubmitted=1, refused=1, controls=1, turns_in=9, turns_stored=6, turns_duplicate=1,
        turns_conflicting=1, jobs={"completed": 2}, facts=3, computed=2, windows_resolved=2, dead_letters=2,
    ),
    turns_tried=1,
)  # fmt: skip


def lag(records: int) -> tuple[StageLag, ...]:
    return (StageLag("ingest", "g", {Place("turns", 0): 0}), StageLag("sink", "g", {Place("results", 1): records}))


def moment(**changes: Any) -> Moment:
    return Moment(DONE, lag(0), COUNTED, {"completed": 2, "skipped_duplicate": 1})._replace(**changes)


def test_a_run_is_finished_when_all_is_read_all_has_ended_and_all_adds_up() -> None:
    assert is_finished(moment())
    assert still_open(moment()) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sent": DONE._replace(done=False)}, "not everything is published"),
        ({"lag": lag(7)}, "sink has 7 records to read"),
        ({"jobs": {"buffered": 3}}, "3 jobs are buffered"),
        (
            {"sent": DONE._replace(submissions=5)},
            "submissions published 5 ≠ accepted 2 + resubmitted 1 + refused 1",
        ),
        ({"sent": DONE._replace(controls=2)}, "control records 2 ≠ taken 1 + refused 0"),
        (
            {"counted": COUNTED._replace(turns_tried=0)},
            "turns in accepted submissions 9 ≠ stored 6 + duplicate 1 + conflicting 1",
        ),
    ],
)
def test_what_is_open_is_told(change: dict[str, Any], told: str) -> None:
    assert not is_finished(moment(**change))
    assert still_open(moment(**change)) == [told]


def test_numbers_that_do_not_add_up_at_rest_are_told_apart_from_work_under_way() -> None:
    assert moment(sent=DONE._replace(submissions=5)).at_rest
    assert not moment(lag=lag(1)).at_rest


def test_dry_runs_are_part_of_the_equation_only_where_there_are_some() -> None:
    (_, _, turns) = equations(4, 1, COUNTED)
    assert str(turns) == "turns in accepted submissions 9 = stored 6 + duplicate 1 + conflicting 1 + dry run 1"


def test_totals_of_a_run_are_differences() -> None:
    before = Counted(NOTHING._replace(accepted=1, facts=1, jobs={"buffered": 2, "completed": 5}), 1)
    after = Counted(NOTHING._replace(accepted=4, facts=1, jobs={"completed": 7, "failed": 1}), 1)
    counted = subtract(after, before)
    assert (counted.totals.accepted, counted.totals.facts, counted.turns_tried) == (3, 0, 0)
    assert counted.totals.jobs == {"buffered": -2, "completed": 2, "failed": 1}


def test_the_same_moment_twice_is_a_run_of_nothing() -> None:
    counted = subtract(COUNTED, COUNTED)
    assert counted == Counted(NOTHING, 0)


def test_the_last_line_has_the_numbers_that_scripts_read() -> None:
    assert run_totals(4, COUNTED, 1.23456)._asdict() == {
        "published": 4,
        "accepted": 2,
        "resubmitted": 1,
        "refused": 1,
        "controls": 1,
        "turns": 6,
        "turns_duplicate": 1,
        "turns_conflicting": 1,
        "dead_letters": 2,
        "windows": 2,
        "extractions": 2,
        "journal_hits": 0,
        "facts": 3,
        "jobs": {"completed": 2},
        "seconds": 1.235,
    }


def test_end_states_are_not_open() -> None:
    assert open_jobs({"completed": 1, "failed": 2, "processing": 3, "deferred": 4}) == {"processing": 3, "deferred": 4}
