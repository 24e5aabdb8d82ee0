"""A look at a stage, as gauges."""

import time
from collections import defaultdict

from streams import metrics
from streams.engine import Vitals

GAUGES = (metrics.POSITION, metrics.LAG, metrics.OLDEST, metrics.KEYS)


def show(vitals: Vitals) -> None:
    """Set the gauges; partitions that went away go with them. One call at a time."""
    for gauge in GAUGES:
        gauge.clear()
    stage, now = vitals.stage, time.time()
    metrics.PARTITIONS.labels(stage).set(len({lane.partition for lane in vitals.lanes}))
    ages = defaultdict[str, float](float)
    for lane in vitals.lanes:
        partition = str(lane.partition)
        for source, position in lane.positions.items():
            metrics.POSITION.labels(stage, source.topic, partition).set(position)
        for source, lag in lane.lags.items():
            metrics.LAG.labels(stage, source.topic, partition).set(lag)
        age = lane.still_s if lane.oldest is None else max(0.0, now - lane.oldest / 1000)
        ages[partition] = max(ages[partition], age)
        metrics.OLDEST.labels(stage, partition).set(ages[partition])
        metrics.KEYS.labels(stage, partition).set(lane.keys)
