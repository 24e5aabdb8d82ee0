"""Speed, as ratios within one run: turnlog against a consumer of the same job by hand, with room for a busy machine."""

import pytest

from streams.local.kafka import LocalKafka
from tests.benchmarks.contenders import AIOKAFKA, BARE, WHOLE_INGEST, Contender
from tests.benchmarks.kafka import Kafka
from tests.benchmarks.peers import Backlogs
from tests.benchmarks.trial import Bench, measure

pytestmark = pytest.mark.kafka
TURNS, PARTITIONS = 60_000, 4
LEAST_BARE, LEAST_INGEST = 0.5, 0.07
"""Half of what is measured on a quiet machine, and a third: the whole ingest suffers more from who works beside it."""
ROUNDS = 2
"""Where the first one shows too little, another decides: a busy machine is no regression."""


@pytest.fixture(scope="module")
def bench(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(
        Kafka(kafka.address, kafka.data), kafka.pid, tmp_path_factory.mktemp("bench"), PARTITIONS, limit_s=60.0
    )


def test_turnlog_keeps_up_with_a_consumer_by_hand(bench: Bench) -> None:
    backlogs = Backlogs(bench, TURNS)

    def rate(contender: Contender, number: int) -> float:
        backlog = backlogs.of("one", contender.share)
        return measure(bench, contender, backlog, f"gate {number} {contender.name}").rate

    bare, ingest = 0.0, 0.0
    for number in range(ROUNDS):
        by_hand, *ours = (rate(contender, number) for contender in (AIOKAFKA[1], BARE, WHOLE_INGEST))
        bare, ingest = (each / by_hand for each in ours)
        print(f"by hand {by_hand:,.0f} turns/s, bare stage {bare:.2f} x, ingest {ingest:.2f} x")
        if bare >= LEAST_BARE and ingest >= LEAST_INGEST:
            break
    assert bare >= LEAST_BARE
    assert ingest >= LEAST_INGEST
