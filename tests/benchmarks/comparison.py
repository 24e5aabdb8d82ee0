"""Who is how much faster than whom, round by round, and whether a comparison is fair to the other side."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.benchmarks.contenders import NAIVE, QUIX
from tests.benchmarks.results import Results, Trial

HAND_AIOKAFKA, HAND_CONFLUENT = "aiokafka by hand", "confluent-kafka by hand"
FAIR = {QUIX: 0.35, NAIVE.name: 0.02}
"""Who does less than this of the aiokafka limit had a bad day, or bad care: nothing is won against that."""
Side = Callable[[list[Trial]], Trial | None]


class Ratio(NamedTuple):
    """Ours by theirs in each round; `unfair`: rounds that were not fair to them, and do not count."""

    values: list[float]
    unfair: int


def named(contender: str) -> Side:
    def find(trials: list[Trial]) -> Trial | None:
        return next((trial for trial in trials if trial.contender == contender), None)

    return find


def fastest(prefix: str) -> Side:
    """Of two ways to do it by hand the faster one counts."""

    def find(trials: list[Trial]) -> Trial | None:
        return max((t for t in trials if t.contender.startswith(prefix)), key=lambda t: t.rate, default=None)

    return find


def ratio(results: Results, shape: str, ours: Side, theirs: Side, measure: str) -> Ratio:
    """`measure`: rate or cpu."""
    values, unfair = [], 0
    for trials in rounds_in(results, shape):
        mine, other, limit = ours(trials), theirs(trials), fastest(HAND_AIOKAFKA)(trials)
        if mine is None or other is None:
            continue
        least = FAIR.get(other.contender)
        if least is not None and (limit is None or other.rate < least * limit.rate):
            unfair += 1
        else:
            values.append(getattr(mine, measure) / getattr(other, measure))
    return Ratio(values, unfair)


def rounds_in(results: Results, shape: str) -> Iterator[list[Trial]]:
    good = [trial for trial in results.trials if trial.part == "peers" and trial.shape == shape and not trial.failed]
    for number in sorted({trial.round for trial in good}):
        yield [trial for trial in good if trial.round == number]
