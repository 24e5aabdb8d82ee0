"""What became durable, as numbers: called by the engine after every commit. Never raises for what a stage counted."""

import re
import time

from prometheus_client import Counter

from streams import metrics
from streams.engine import Commit

MOST_LABELS = 64
"""Values of one label, at most: the rest is `other`. Whatever comes from outside can never grow the metrics."""
_LABEL = re.compile(r"[A-Za-z0-9_.:-]{1,48}")
_labels: dict[str, set[str]] = {}


def count(commit: Commit) -> None:
    """A commit of any stage."""
    stage, partition = commit.stage, str(commit.partition)
    metrics.COMMIT.labels(stage).observe(commit.seconds)
    metrics.TRANSACTIONS.labels(stage, partition).inc()
    metrics.RECORDS_OUT.labels(stage).inc(commit.outputs)
    metrics.CHANGES.labels(stage).inc(commit.changes)
    chunk = commit.chunk
    if chunk is not None and commit.position == chunk.after:  # of several transactions the last one ends a chunk
        metrics.RECORDS_IN.labels(stage, chunk.topic, partition).inc(len(chunk.records))
        metrics.LATENCY.labels(stage).observe(max(0.0, time.time() - chunk.records[0].timestamp / 1000))
    for (name, label), number in commit.counts.items():
        metric = metrics.COUNTED[name]
        if not isinstance(metric, Counter):
            for _ in range(number):
                metric.labels(stage).observe(float(label))
        elif label:
            metric.labels(stage, bounded(name, label)).inc(number)
        else:
            metric.labels(stage).inc(number)


def bounded(name: str, label: str) -> str:
    """The label, or `other` where it is none of ours or one too many."""
    known = _labels.setdefault(name, set())
    if label in known:
        return label
    if len(known) >= MOST_LABELS or not _LABEL.fullmatch(label):
        return "other"
    known.add(label)
    return label
