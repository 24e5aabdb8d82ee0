"""What is made of runs: which part of one counts, what a failed one leaves behind, which comparison is fair."""

import pytest

from tests.benchmarks.comparison import HAND_AIOKAFKA, fastest, named, ratio
from tests.benchmarks.contenders import AIOKAFKA, BARE, QUIX
from tests.benchmarks.outcome import Wrong
from tests.benchmarks.results import Results, Trial
from tests.benchmarks.tables import row
from tests.benchmarks.trial import Middle, middle_of


def trial(contender: str, rate: float, **about: str) -> Trial:
    return Trial(round=1, shape="one", contender=contender, backlog=1_000, rate=rate, cpu=1.0, **about)


def results(*trials: Trial) -> Results:
    return Results(machine="", versions={}, trials=list(trials))


def test_only_the_middle_of_a_run_counts() -> None:
    assert middle_of({1_000 + 100 * step: 10 for step in range(10)}) == Middle(1.0, 1.8, 0.8)


def test_a_run_that_is_nearly_one_moment_is_refused() -> None:
    with pytest.raises(Wrong):
        middle_of({1_000: 1, 1_100: 99})


def test_the_faster_way_by_hand_is_the_limit() -> None:
    slow, fast = trial(AIOKAFKA[0].name, 50), trial(AIOKAFKA[1].name, 100)
    found = ratio(results(slow, fast, trial(BARE.name, 120)), "one", named(BARE.name), fastest(HAND_AIOKAFKA), "rate")
    assert found == ([1.2], 0)


@pytest.mark.parametrize(("rate", "found"), [(36, ([2.5], 0)), (34, ([], 1))])
def test_a_slow_quix_is_unfair_to_it_and_no_win(rate: float, found: object) -> None:
    those = results(trial(AIOKAFKA[1].name, 100), trial(QUIX, rate), trial(BARE.name, 90))
    assert ratio(those, "one", named(BARE.name), named(QUIX), "rate") == found


def test_the_table_tells_of_a_run_that_failed_first() -> None:
    assert "1 at the second attempt" in row(BARE.name, [trial(BARE.name, 1, first_failure="3 turns came out")])
