"""The part `peers`: the same job by hand, by others and by turnlog, in turn, round after round.

One turn a record, ten turns a record, and 100,000 conversations that are all open. Who begins a round changes.
"""

from collections.abc import Iterator, Sequence

from confluent_kafka import KafkaException

from tests.benchmarks.asked import Asked, fresh_broker
from tests.benchmarks.contenders import (
    AIOKAFKA,
    BARE,
    CONFLUENT,
    NAIVE,
    WHOLE_INGEST,
    WITH_WINDOW,
    Contender,
    quix,
)
from tests.benchmarks.outcome import Wrong
from tests.benchmarks.quix_home import quix_python
from tests.benchmarks.results import Results, Trial, require_same, versions_in
from tests.benchmarks.trial import Backlog, Bench, measure
from tests.benchmarks.workload import SHAPES

PART = "peers"
TURNS = 200_000
LEAST = 2_000
ATTEMPTS = 2
"""A run that fails is tried once more before it counts as failed; the results tell of both."""


def peers(asked: Asked) -> None:
    turns = asked.turns or TURNS
    require_same(asked.results, PART, f"{turns} turns")
    python = quix_python(asked.work / "quix")
    asked.results.versions |= versions_in(python, ["quixstreams"])
    fields = fields_of(quix(python))
    missing = [number for number in range(1, asked.rounds + 1) if len(done(asked.results, number)) < len(fields)]
    if not missing:
        return
    with fresh_broker(asked.work) as bench:
        backlogs = Backlogs(bench, turns)
        for number in missing:
            for shape, contender in turned(fields, number):
                if (shape, contender.name) not in done(asked.results, number):
                    trial = run(bench, contender, backlogs.of(shape, contender.share), number, part=PART)
                    asked.results.trials.append(trial)
                    asked.keep()
                    asked.tell(f"round {number} {line(trial)}")


def fields_of(quix_streams: Contender) -> Sequence[tuple[str, Contender]]:
    everybody: list[Contender] = [*CONFLUENT, *AIOKAFKA, NAIVE, quix_streams, BARE, WHOLE_INGEST, WITH_WINDOW]
    open_ones: list[Contender] = [*AIOKAFKA, WHOLE_INGEST, WITH_WINDOW]
    fields = {"one": everybody, "many": everybody, "interleaved": open_ones}
    return [(shape, contender) for shape, those in fields.items() for contender in those]


def turned(fields: Sequence[tuple[str, Contender]], number: int) -> Iterator[tuple[str, Contender]]:
    """Within each shape another one begins in every round."""
    for shape in SHAPES:
        those = [field for field in fields if field[0] == shape]
        begin = (number - 1) % len(those)
        yield from [*those[begin:], *those[:begin]]


def done(results: Results, number: int) -> set[tuple[str, str]]:
    return {(trial.shape, trial.contender) for trial in results.trials if (trial.part, trial.round) == (PART, number)}


class Backlogs:
    """Each is loaded when it is first needed, and read again and again."""

    def __init__(self, bench: Bench, turns: int) -> None:
        self._bench, self._turns = bench, turns
        self._loaded: dict[tuple[str, float], Backlog] = {}

    def of(self, shape: str, share: float) -> Backlog:
        if (shape, share) not in self._loaded:
            turns = max(min(LEAST, self._turns), round(self._turns * share))
            topic = f"turns-{shape}-{len(self._loaded)}"
            self._bench.kafka.create({topic: {}}, self._bench.partitions)
            loaded = self._bench.kafka.load(topic, SHAPES[shape](turns), self._bench.partitions)
            self._loaded[shape, share] = Backlog(topic, shape, loaded)
        return self._loaded[shape, share]


def run(
    bench: Bench,
    contender: Contender,
    backlog: Backlog,
    number: int,
    *,
    part: str,
    case: str | None = None,
    attempts: int = ATTEMPTS,
) -> Trial:
    """One contender, once; what fails again and again is told in the trial. `case`: by default the backlog's shape."""
    shape = case or backlog.shape
    trial = Trial(part=part, round=number, shape=shape, contender=contender.name, backlog=backlog.loaded.turns)
    for attempt in range(1, attempts + 1):
        try:
            measured = measure(bench, contender, backlog, f"{part} {number} {shape} {contender.name} {attempt}")
        except (Wrong, TimeoutError, KafkaException) as error:
            why = str(error)[:600]
            trial = trial.model_copy(update={"failed": why, "first_failure": trial.first_failure or why})
        else:
            return trial.model_copy(update={**measured._asdict(), "failed": ""})
    return trial


def line(trial: Trial) -> str:
    if trial.failed:
        return f"{trial.shape:12} {trial.contender:38} failed: {trial.failed}"
    again = f" (at the second attempt, first: {trial.first_failure})" if trial.first_failure else ""
    changelog = "" if trial.changelog is None else f" changelog {trial.changelog:.2f}"
    return (
        f"{trial.shape:12} {trial.contender:38} {trial.rate:10,.0f} turns/s, CPU {trial.cpu:6.2f}, "
        f"broker {trial.broker_cpu:5.2f} s, {trial.memory:5.0f} MB{changelog}{again}"
    )
