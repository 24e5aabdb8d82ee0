"""Looks at a stage as the engine would give them."""

from aiokafka import TopicPartition

from streams.engine import Vitals
from streams.engine.vitals import LaneVitals

WATCH_S = 60.0


def lane(
    partition: int = 0,
    *,
    lag: int = 0,
    step_s: float = 0,
    may_take_s: float = WATCH_S,
    still_s: float = 0,
    oldest: int | None = None,
) -> LaneVitals:
    source = TopicPartition("turns", partition)
    return LaneVitals(
        partition,
        working=step_s > 0,
        positions={source: 10},
        lags={source: lag},
        step_s=step_s,
        late_s=max(0.0, step_s - may_take_s),
        still_s=still_s,
        oldest=oldest,
        keys=3,
    )


def look(*lanes: LaneVitals, joined: bool = True, silent_s: float = 0, unanswered_s: float = 0) -> Vitals:
    return Vitals("ingest", joined, silent_s, unanswered_s, WATCH_S, lanes)
