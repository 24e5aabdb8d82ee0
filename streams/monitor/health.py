"""Whether a stage is well: alive, assigned or standing by, and making progress. Says why not, never a text."""

from typing import NamedTuple

from streams.engine import Vitals


class Health(NamedTuple):
    """A verdict on one stage."""

    healthy: bool
    state: str
    """What it does, or what is wrong."""
    partitions: int = 0
    lag: int = 0


def verdict(vitals: Vitals) -> Health:
    """Unwell from half the time on after which the watchdog ends the process; for a step in work, from all that this
    step may take: a chunk may wait long for a model or a database without anything being wrong with us."""
    why = _trouble(vitals)
    partitions = len({lane.partition for lane in vitals.lanes})
    lag = sum(sum(lane.lags.values()) for lane in vitals.lanes)
    return Health(why is None, why or ("works" if partitions else "stands by"), partitions, lag)


def _trouble(vitals: Vitals) -> str | None:
    half = vitals.watch_s / 2
    if vitals.silent_s > half:
        return f"the event loop has stood still for {vitals.silent_s:.0f} s"
    if not vitals.joined:
        return "has not been assigned partitions yet"
    if vitals.unanswered_s > half:
        return f"Kafka has not answered for {vitals.unanswered_s:.0f} s"
    for lane in vitals.lanes:
        if lane.late_s > 0:
            return f"partition {lane.partition}: a step takes {lane.step_s:.0f} s already"
        if lane.still_s > half:
            return f"partition {lane.partition}: stands still for {lane.still_s:.0f} s although records wait"
    return None
