"""Who takes part: how each is started, which topics it needs, where what it did can be read."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.topics import app_id, changelog, registry
from streams.local.child import Child, module_environment, stage_command
from tests.benchmarks.kafka import APPENDED, COMPACTED, Kafka, Loaded
from tests.benchmarks.outcome import Came, TurnsOf, accepted, forwarded, positions_over_time, verify_windows
from tests.benchmarks.workers.work import Work

LOG, WINDOWS = "conversations", "extractions"
INGEST, WINDOW = changelog("ingest", 1), changelog("window", 1)
WINDOW_TURNS = 6
"""So small that windows do close: a conversation of the backlog has some eight turns."""
NEVER_S = "100000000"
OWN_FOLDER = "{folder}"
"""In a setting: the folder of the run."""


class Run(NamedTuple):
    """One run of one contender."""

    kafka: str
    source: str
    shape: str
    partitions: int
    id: str
    folder: Path


class Contender(Protocol):
    """Somebody who does the job."""

    name: str
    share: float
    """Of the backlog that it gets: who takes as long for a twentieth gets no more."""

    @property
    def turns_of(self) -> TurnsOf:
        """What reads the turns in a record of its output."""

    def topics(self, run: Run) -> Mapping[str, Mapping[str, str]]:
        """What has to be made before a run; deleted with all others after it."""

    def output(self, run: Run) -> str: ...

    def groups(self, run: Run) -> Sequence[str]: ...

    def start(self, run: Run) -> list[Child]: ...

    def records(self, loaded: Loaded) -> int:
        """How many records it writes to its output."""

    def is_done(self, kafka: Kafka, run: Run, positions: Mapping[int, int]) -> bool:
        """Whether everything is, once all outputs are there. `positions`: where its output ends."""

    def progress(self, kafka: Kafka, run: Run, came: Came) -> Mapping[int, int]:
        """How much was durable at each moment (epoch ms)."""

    def changelogs(self, run: Run) -> Sequence[str]:
        """Those whose size is of interest."""

    def check(self, kafka: Kafka, run: Run) -> None:
        """Raises Wrong where something else than the output is not what it must be."""


class Plain:
    """A process of the bare job: told by one variable what to read and write."""

    turns_of: TurnsOf = staticmethod(forwarded)
    changelog = "changelog"

    def __init__(self, name: str, module: str, *arguments: str, python: str = sys.executable, share: float = 1) -> None:
        self.name, self.share = name, share
        self._command = [python, "-m", f"tests.benchmarks.workers.{module}", *arguments]

    def topics(self, run: Run) -> Mapping[str, Mapping[str, str]]:
        return {self.output(run): APPENDED, f"{run.id}-{self.changelog}": COMPACTED}

    def output(self, run: Run) -> str:
        return f"{run.id}-output"

    def groups(self, run: Run) -> Sequence[str]:
        return (run.id,)

    def start(self, run: Run) -> list[Child]:
        work = Work(
            kafka=run.kafka,
            source=run.source,
            output=self.output(run),
            changelog=f"{run.id}-{self.changelog}",
            group=run.id,
            partitions=run.partitions,
            folder=str(run.folder),
        )
        environment = {**module_environment(), **work.environment()}
        command = [argument.format(shape=run.shape) for argument in self._command]
        return [Child(self.name, command, env=environment, log=run.folder / "worker.log")]

    def records(self, loaded: Loaded) -> int:
        return loaded.forwarded

    def is_done(self, kafka: Kafka, run: Run, positions: Mapping[int, int]) -> bool:
        return True

    def progress(self, kafka: Kafka, run: Run, came: Came) -> Mapping[int, int]:
        return came.times

    def changelogs(self, run: Run) -> Sequence[str]:
        return ()

    def check(self, kafka: Kafka, run: Run) -> None:
        """The output is all there is."""


class NaiveFaust(Plain):
    """Its changelog has a name that Faust gives."""

    changelog = "seen-changelog"


class Quix(Plain):
    """It makes its changelog itself."""

    def topics(self, run: Run) -> Mapping[str, Mapping[str, str]]:
        return {self.output(run): APPENDED}


class Turnlog:
    """Stages of turnlog, as they are."""

    share = 1.0
    turns_of: TurnsOf = staticmethod(accepted)

    def __init__(self, name: str, *stages: str, workers: int = 1, **settings: str) -> None:
        self.name, self._stages, self._workers, self._settings = name, stages, workers, settings

    def topics(self, run: Run) -> Mapping[str, Mapping[str, str]]:
        ours = {topic.name: dict(topic.config) for topic in registry(1) if topic.ours}
        return ours | {name: ours[name] | {"message.timestamp.type": "LogAppendTime"} for name in (INGEST, WINDOW)}

    def output(self, run: Run) -> str:
        return LOG

    def groups(self, run: Run) -> Sequence[str]:
        return [app_id(stage, 1) for stage in self._stages]

    def start(self, run: Run) -> list[Child]:
        environment = {
            **module_environment(),
            "TURNLOG_KAFKA": run.kafka,
            "TURNLOG_TURNS_TOPIC": run.source,
            "TURNLOG_PARTITIONS": str(run.partitions),
            "TURNLOG_WINDOW_TURNS": str(WINDOW_TURNS),
            "TURNLOG_WINDOW_GAP_S": NEVER_S,
            "TURNLOG_WINDOW_AGE_S": NEVER_S,
            **{name: value.replace(OWN_FOLDER, str(run.folder)) for name, value in self._settings.items()},
        }
        return [
            Child(stage, stage_command(stage), env=environment, log=run.folder / f"{stage}-{number}.log")
            for stage in self._stages
            for number in range(self._workers)
        ]

    def records(self, loaded: Loaded) -> int:
        return loaded.records

    def is_done(self, kafka: Kafka, run: Run, positions: Mapping[int, int]) -> bool:
        if "window" not in self._stages:
            return True
        committed = kafka.committed(app_id("window", 1))
        return all(committed.get((LOG, number), -1) >= position for number, position in positions.items())

    def progress(self, kafka: Kafka, run: Run, came: Came) -> Mapping[int, int]:
        return positions_over_time(kafka.read(WINDOW), LOG) if "window" in self._stages else came.times

    def changelogs(self, run: Run) -> Sequence[str]:
        return [changelog(stage, 1) for stage in self._stages]

    def check(self, kafka: Kafka, run: Run) -> None:
        if "window" in self._stages:
            size = int(self._settings.get("TURNLOG_WINDOW_TURNS", WINDOW_TURNS))
            verify_windows(kafka.read(LOG), kafka.read(WINDOWS), size)


TRANSACTIONAL, IDEMPOTENT = "transactional", "idempotent"
AIOKAFKA = tuple(Plain(f"aiokafka by hand, {mode}", "by_hand_aiokafka", mode) for mode in (TRANSACTIONAL, IDEMPOTENT))
CONFLUENT = tuple(
    Plain(f"confluent-kafka by hand, {mode}", "by_hand_confluent", mode, "{shape}")
    for mode in (TRANSACTIONAL, IDEMPOTENT)
)
NAIVE = NaiveFaust("naive Faust agent", "naive_faust", "worker", "-l", "error", "--without-web", share=0.05)
BARE = Plain("turnlog's engine, bare stage", "bare_stage")
WHOLE_INGEST = Turnlog("turnlog ingest", "ingest")
WITH_WINDOW = Turnlog("turnlog ingest + window", "ingest", "window")
INGEST_ON_DISK = Turnlog(
    "turnlog ingest, its table on disk", "ingest", TURNLOG_TABLES_DIR=OWN_FOLDER, TURNLOG_TABLES_ON_DISK='["ingest"]'
)
QUIX = "Quix Streams"


def quix(python: Path) -> Quix:
    return Quix(QUIX, "quix", "{shape}", python=str(python))
