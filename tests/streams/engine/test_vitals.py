"""A look at lanes from another thread: positions, lag, and how long a step or a standstill takes already."""

import time
from types import SimpleNamespace
from typing import cast

from aiokafka import TopicPartition

from streams.engine.lane import Lane
from streams.engine.vitals import LaneVitals, vitals_of_lanes

TURNS, REKEYED = TopicPartition("turns", 3), TopicPartition("ingest-rekeyed", 3)


class Looked:
    """As much of a lane as is looked at."""

    def __init__(self, *, idle: bool = True, oldest: int | None = None, may_take_s: float = 60) -> None:
        self.number, self.keys, self.idle, self.oldest = 3, 7, idle, oldest
        self.stepped = time.monotonic() - 5
        self.deadline = self.stepped + may_take_s
        self.cursor = SimpleNamespace(positions={TURNS: 10, REKEYED: 2})


def look(looked: Looked, *, ends: dict[TopicPartition, int], still_for: float | None = None) -> LaneVitals:
    found = cast(Lane, looked)
    since = {} if still_for is None else {found: time.monotonic() - still_for}
    (vitals,) = vitals_of_lanes([found], ends, since)
    return vitals


def test_a_lane_that_waits_for_records() -> None:
    vitals = look(Looked(), ends={TURNS: 10, REKEYED: 2})
    assert (vitals.partition, vitals.working, vitals.keys) == (3, False, 7)
    assert vitals.lags == {TURNS: 0, REKEYED: 0}
    assert (vitals.step_s, vitals.still_s, vitals.oldest) == (0, 0, None)


def test_a_lane_at_work_tells_how_long_and_since_when_its_oldest_record_waits() -> None:
    vitals = look(Looked(idle=False, oldest=1_700_000_000_000), ends={TURNS: 12})
    assert vitals.working
    assert 5 <= vitals.step_s < 60
    assert vitals.oldest == 1_700_000_000_000
    assert vitals.lags == {TURNS: 2}, "the end of the other source is not known"


def test_a_step_is_late_once_it_takes_longer_than_it_may() -> None:
    assert look(Looked(idle=False), ends={}).late_s == 0
    assert 2 <= look(Looked(idle=False, may_take_s=3), ends={}).late_s < 60
    assert look(Looked(idle=True, may_take_s=3), ends={}).late_s == 0


def test_a_lane_that_stays_behind_tells_for_how_long() -> None:
    vitals = look(Looked(), ends={TURNS: 15, REKEYED: 1}, still_for=31)
    assert 31 <= vitals.still_s < 90
    assert vitals.lags == {TURNS: 5, REKEYED: 0}, "an end looked up before the position moved on"


def test_what_was_found_standing_still_and_works_now_does_not_stand_still() -> None:
    assert look(Looked(idle=False), ends={TURNS: 15}, still_for=31).still_s == 0
