"""Every metric there is, and nothing else: what Prometheus is told, with which labels. README lists them from here.

Labels come from closed sets: stages, topics, codes, reasons. Never an id, a name or a text.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from streams.counts import Name

disable_created_metrics()  # type: ignore[no-untyped-call]
STAGE, SUPERVISOR = CollectorRegistry(), CollectorRegistry()
"""What a stage's own process knows, and what the process above it knows."""
ProcessCollector(registry=STAGE)  # process_*, where there is /proc; the process above adds which stage
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
LONG = (*SECONDS, 1_800.0, 7_200.0, 86_400.0)


class About(NamedTuple):
    """A metric as README tells it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str


ABOUT: list[About] = []


def _counter(name: str, meaning: str, *labels: str, registry: CollectorRegistry = STAGE) -> Counter:
    ABOUT.append(About(f"turnlog_{name}_total", "counter", ("stage", *labels), meaning))
    return Counter(f"turnlog_{name}", meaning, ("stage", *labels), registry=registry)


def _gauge(name: str, meaning: str, *labels: str, registry: CollectorRegistry = STAGE) -> Gauge:
    ABOUT.append(About(f"turnlog_{name}", "gauge", ("stage", *labels), meaning))
    return Gauge(f"turnlog_{name}", meaning, ("stage", *labels), registry=registry)


def _histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> Histogram:
    ABOUT.append(About(f"turnlog_{name}", "histogram", ("stage", *labels), meaning))
    return Histogram(f"turnlog_{name}", meaning, ("stage", *labels), registry=STAGE, buckets=buckets)


# what the supervisor sees of each stage
UP = _gauge("up", "1 while the stage's process runs and answers.", registry=SUPERVISOR)
HEALTHY = _gauge("healthy", "1 while the stage is well, as /health says.", registry=SUPERVISOR)
RESTARTS = _counter("restarts", "Times the stage's process was started again.", registry=SUPERVISOR)
EXITS = _counter(
    "exits",
    "Ends of the stage's process by exit code: 10 fenced, 15 the stage raised, 16 a hanging transaction, ...",
    "code",
    registry=SUPERVISOR,
)
SHORT_RUNS = _gauge(
    "crash_loop", "Runs in a row that ended soon after their start, from 3 on; else 0.", registry=SUPERVISOR
)
STOPPED = _gauge(
    "stopped", "1 where the stage is not started again: it crashed at record after record.", registry=SUPERVISOR
)

# how a stage stands, per partition
PARTITIONS = _gauge("partitions", "Partitions that are assigned to this process.")
POSITION = _gauge("position", "The offset to be read next.", "topic", "partition")
LAG = _gauge("lag_records", "Offsets between the position and the end of the log.", "topic", "partition")
OLDEST = _gauge("oldest_seconds", "Age of the oldest record that is not done, by its own time.", "partition")
KEYS = _gauge("table_keys", "Keys in the stage's table.", "partition")

# what every stage does
LATENCY = _histogram("latency_seconds", "From the own time of a chunk's first record to its commit.", buckets=LONG)
COMMIT = _histogram("commit_seconds", "A transaction, or a sink's write and commit.")
TRANSACTIONS = _counter("transactions", "Transactions (or a sink's writes) committed.", "partition")
RECORDS_IN = _counter("records_in", "Records done.", "topic", "partition")
RECORDS_OUT = _counter("records_out", "Records written to topics behind.")
CHANGES = _counter("table_changes", "Values written to the stage's table.")

# what the stages count while they decide: `streams/counts.py` has the names
COUNTED: Mapping[Name, Counter | Histogram] = {
    "submissions_accepted": _counter("submissions_accepted", "Submissions accepted."),
    "submissions_resubmitted": _counter("submissions_resubmitted", "The same job again."),
    "submissions_refused": _counter("submissions_refused", "Records refused.", "code"),
    "turns": _counter(
        "turns", "Turns: new (those of a dry run too), duplicate, conflicting; weak: without event id and time.", "kind"
    ),
    "redactions": _counter("redactions", "Secrets replaced.", "kind"),
    "rekeyed": _counter("rekeyed", "Records sent on to the partition of their scope."),
    "unknown_fields": _counter("unknown_fields", "Fields of submissions that are not known."),
    "idle_ticks": _counter("idle_ticks", "Ticks written for idle conversations."),
    "dead_letters": _counter("dead_letters", "Dead letters written.", "code"),
    "windows_closed": _counter("windows_closed", "Windows closed.", "reason"),
    "extractions": _counter(
        "extractions", "Windows by their answer: asked, journal, unasked, deferred (so far none), failed.", "answer"
    ),
    "deferrals": _counter("deferrals", "Windows that said why they wait.", "reason"),
    "calls": _counter("calls", "Questions to extractors, every attempt."),
    "finish_reasons": _counter("finish_reasons", "Why a model stopped.", "reason"),
    "tokens": _counter("tokens", "Tokens of calls that were made: in, out, cached.", "kind"),
    "cost_micros": _counter("cost_micros", "Their cost in millionths of a US dollar."),
    "call_seconds": _histogram("call_seconds", "An extractor's answer to one window."),
    "candidates_dropped": _counter("candidates_dropped", "Candidates dropped.", "reason"),
    "facts": _counter("facts", "Revisions of facts: created, confirmed, superseded, ...", "change"),
    "jobs_ended": _counter("jobs_ended", "Jobs that reached an end state.", "state"),
    "rows": _counter("rows", "Rows inserted; what comes twice counts twice.", "table"),
    "insert_seconds": _histogram("insert_seconds", "One insert into ClickHouse, with its waits."),
    "retries": _counter("retries", "Inserts tried again because ClickHouse did not answer or was busy."),
}
assert set(COUNTED) == set(get_args(Name))
