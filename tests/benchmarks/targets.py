"""What is wanted, beside what was measured."""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from tests.benchmarks.comparison import HAND_AIOKAFKA, HAND_CONFLUENT, Ratio, Side, fastest, named, ratio
from tests.benchmarks.contenders import BARE, NAIVE, QUIX, WHOLE_INGEST, WITH_WINDOW
from tests.benchmarks.path import PART, TEN, WHOLE
from tests.benchmarks.results import Results

SHAPE_NAMES = {"one": "one turn a record", "many": "ten turns a record", "interleaved": "100,000 open conversations"}
AGAINST: tuple[tuple[str, str, Side, str, float, float | None], ...] = (
    (BARE.name, "confluent-kafka by hand", fastest(HAND_CONFLUENT), "one", 1.0, 1.3),
    (BARE.name, "confluent-kafka by hand", fastest(HAND_CONFLUENT), "many", 1.0, 1.3),
    (BARE.name, "aiokafka by hand", fastest(HAND_AIOKAFKA), "one", 1.1, 1.3),
    (BARE.name, "aiokafka by hand", fastest(HAND_AIOKAFKA), "many", 1.1, 1.3),
    (BARE.name, QUIX, named(QUIX), "one", 2.5, 0.35),
    (BARE.name, QUIX, named(QUIX), "many", 1.0, 0.8),
    (BARE.name, NAIVE.name, named(NAIVE.name), "one", 30.0, None),
    (BARE.name, NAIVE.name, named(NAIVE.name), "many", 60.0, None),
    (WHOLE_INGEST.name, "aiokafka by hand, bare job", fastest(HAND_AIOKAFKA), "one", 0.6, None),
    (WHOLE_INGEST.name, "aiokafka by hand, bare job", fastest(HAND_AIOKAFKA), "many", 0.6, None),
    (WITH_WINDOW.name, "aiokafka by hand, bare job", fastest(HAND_AIOKAFKA), "interleaved", 0.35, None),
)
"""Ours, theirs, shape, at least so many times their turns a second, at most so many times their CPU."""
FIGURES = (
    (PART, WHOLE, 8_000.0, True, "turns/s"),
    (TEN, WHOLE, 8_000.0, True, "turns/s"),
    ("latency", "turn visible, p95 at 50 % load", 1.0, False, "s"),
    ("latency", "fact visible, p95 at 50 % load", 2.0, False, "s"),
    ("reads", "facts of a user, merges pending", 10.0, False, "ms"),
    ("reads", "job in its scope, merges pending", 10.0, False, "ms"),
    ("reads", "facts with English text, an organisation, merges pending", 20.0, False, "ms"),
    ("reads", "facts with English text, largest organisation, merges pending", 20.0, False, "ms"),
    ("reads", "facts with Chinese text, an organisation, merges pending", 20.0, False, "ms"),
    ("sink", "job_parts", 250_000.0, True, "rows/s"),
    ("sink", "submissions", 250_000.0, True, "rows/s"),
    ("sink", "turns", 250_000.0, True, "rows/s"),
    ("recovery", "cold start, 1,000,000 turns", 10.0, False, "s"),
)
SAID = {TEN: "{}, ten turns a record", "sink": "sink: {}, 10,000 rows an insert"}
"""How a figure of a part is called beside others."""


class Target(NamedTuple):
    """One line: what is wanted, and the measured values."""

    name: str
    wanted: float
    at_least: bool
    unit: str
    values: list[float]
    unfair: int = 0

    @property
    def verdict(self) -> str:
        if self.unfair > len(self.values):
            return "unfair to them"
        if not self.values:
            return "not measured"
        found = median(self.values)
        return "yes" if (found >= self.wanted if self.at_least else found <= self.wanted) else "no"


def targets_of(results: Results) -> Iterator[Target]:
    for ours, other, theirs, shape, faster, cpu in AGAINST:
        name = f"{ours} against {other}, {SHAPE_NAMES[shape]}"
        found = ratio(results, shape, named(ours), theirs, "rate")
        yield of_ratio(f"{name}: turns/s", faster, found, at_least=True)
        if cpu is not None:
            found = ratio(results, shape, named(ours), theirs, "cpu")
            yield of_ratio(f"{name}: CPU", cpu, found, at_least=False)
    sizes = [
        trial.changelog
        for trial in results.trials
        if (trial.part, trial.shape, trial.contender) == ("peers", "interleaved", WITH_WINDOW.name)
        if trial.changelog is not None and not trial.failed
    ]
    yield Target("changelog bytes of ingest + window by bytes of turns, 100,000 open", 1.5, False, "x", sizes)
    for part, name, wanted, at_least, unit in FIGURES:
        said = SAID.get(part, "{}").format(name)
        yield Target(said, wanted, at_least, unit, results.values(part, name))
    yield of_path(results)


def of_ratio(name: str, wanted: float, found: Ratio, *, at_least: bool) -> Target:
    return Target(name, wanted, at_least, "x", found.values, found.unfair)


def of_path(results: Results) -> Target:
    ingest = results.rates(WHOLE_INGEST.name, "one")
    path = results.values(PART, WHOLE)
    shares = [value / median(ingest) for value in path] if ingest else []
    return Target("whole path by ingest alone, one turn a record", 0.15, True, "x", shares)
