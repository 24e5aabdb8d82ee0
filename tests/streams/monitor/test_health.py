"""A stage is well while it is assigned or stands by, and moves; else /health says what is wrong."""

import pytest

from streams.engine import Vitals
from streams.monitor.health import verdict
from tests.streams.monitor.looks import lane, look


@pytest.mark.parametrize(
    ("vitals", "state"),
    [
        (look(lane(0), lane(1, lag=5)), "works"),
        (look(lane(step_s=59)), "works"),
        (look(lane(step_s=899, may_take_s=900)), "works"),
        (look(lane(lag=5, still_s=29)), "works"),
        (look(silent_s=12), "stands by"),
        (look(unanswered_s=29), "stands by"),
    ],
)
def test_it_is_well(vitals: Vitals, state: str) -> None:
    health = verdict(vitals)
    assert health.healthy
    assert health.state == state


@pytest.mark.parametrize(
    ("vitals", "state"),
    [
        (look(joined=False), "has not been assigned partitions yet"),
        (look(lane(), silent_s=31), "the event loop has stood still for 31 s"),
        (look(lane(), unanswered_s=45), "Kafka has not answered for 45 s"),
        (look(lane(0), lane(3, step_s=61)), "partition 3: a step takes 61 s already"),
        (look(lane(1, step_s=901, may_take_s=900)), "partition 1: a step takes 901 s already"),
        (look(lane(2, lag=1, still_s=31)), "partition 2: stands still for 31 s although records wait"),
    ],
)
def test_it_is_not_well_and_why(vitals: Vitals, state: str) -> None:
    health = verdict(vitals)
    assert not health.healthy
    assert health.state == state


def test_it_tells_partitions_and_lag() -> None:
    health = verdict(look(lane(0, lag=2), lane(1, lag=5)))
    assert (health.partitions, health.lag) == (2, 7)
