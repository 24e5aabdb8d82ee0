"""The part `growth`: what a turn costs where there is more of something, and how many of them a second."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.benchmarks.asked import Asked, fresh_broker
from tests.benchmarks.contenders import INGEST_ON_DISK, WHOLE_INGEST, Contender, Turnlog
from tests.benchmarks.peers import line, run
from tests.benchmarks.results import require_same
from tests.benchmarks.trial import Backlog, Bench
from tests.benchmarks.workload import SHAPES

PART = "growth"
TURNS = 200_000


class Case(NamedTuple):
    """Something that grows; `share`: of the turns: fewer of long ones, more where many partitions share them."""

    name: str
    contender: Contender
    shape: str = "one"
    partitions: int = 8
    about: Mapping[str, int] = {}
    """What the shape is asked for."""
    share: float = 1.0
    grows: str = ""
    to: float = 0.0
    """What this case has how many of, where several are to be drawn against each other."""


def cases(turns: int = TURNS) -> Iterator[Case]:
    for workers in (1, 2):
        for partitions in (8, 32):
            name = f"{workers} worker{'s' * (workers > 1)}, {partitions} partitions"
            yield Case(name, Turnlog("turnlog ingest", "ingest", workers=workers), partitions=partitions, share=2)
    for share in (0.5, 1, 2):
        count = round(turns * share)
        yield Case(f"{count:,} turns", WHOLE_INGEST, share=share, grows="turns", to=count)
    for contender, where in ((WHOLE_INGEST, ""), (INGEST_ON_DISK, ", on disk")):
        for count in (size for size in (1_000, 10_000, 100_000) if 2 * size <= turns):
            name, grows = f"{count:,} open conversations{where}", f"open conversations{where}"
            yield Case(name, contender, "interleaved", about={"conversations": count}, grows=grows, to=count)
    for size in (5, 10, 20):
        windowed = Turnlog("turnlog ingest + window", "ingest", "window", TURNLOG_WINDOW_TURNS=str(size))
        yield Case(f"windows of {size} turns", windowed, shape="many", grows="turns a window", to=size)
    for text, share in ((100, 1.0), (1_000, 0.5), (4_000, 0.2)):
        contender = Turnlog("turnlog ingest + window", "ingest", "window", TURNLOG_WINDOW_TOKENS="32000")
        name, about = f"texts of {text:,} characters", {"text": text}
        yield Case(name, contender, about=about, share=share, grows="characters a text", to=text)


def growth(asked: Asked) -> None:
    turns = asked.turns or TURNS
    require_same(asked.results, PART, f"{turns} turns")
    done = {(trial.round, trial.shape) for trial in asked.results.trials if trial.part == PART}
    missing = [
        (number, case)
        for number in range(1, asked.rounds + 1)
        for case in cases(turns)
        if (number, case.name) not in done
    ]
    if not missing:
        return
    with fresh_broker(asked.work) as bench:
        backlogs: dict[tuple[object, ...], Backlog] = {}
        for number, case in missing:
            about = (case.shape, case.partitions, *case.about.items(), case.share)
            if about not in backlogs:
                backlogs[about] = load(bench, case, f"turns-{len(backlogs)}", round(turns * case.share))
            there = bench._replace(partitions=case.partitions)
            trial = run(there, case.contender, backlogs[about], number, part=PART, case=case.name)
            asked.results.trials.append(trial)
            asked.keep()
            asked.tell(f"round {number} {line(trial)}")


def load(bench: Bench, case: Case, topic: str, turns: int) -> Backlog:
    bench.kafka.create({topic: {}}, case.partitions)
    records = SHAPES[case.shape](turns, **case.about)
    return Backlog(topic, case.shape, bench.kafka.load(topic, records, case.partitions))
