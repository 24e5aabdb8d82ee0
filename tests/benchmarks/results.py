"""What was measured, in one file that is written after every step: a run that was stopped goes on from there."""

import os
import platform
import subprocess
import tempfile
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from streams.errors import ConfigurationError
from streams.local.jars import read_release

FILE = "results.json"
LIBRARIES = ("turnlog", "faust-streaming", "aiokafka", "confluent-kafka", "uvloop", "orjson", "pydantic", "chdb-core")


class Trial(BaseModel):
    """One run of one contender; or why it does not count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str = "peers"
    round: int
    shape: str
    contender: str
    backlog: int
    """Turns."""
    rate: float = 0.0
    """Turns a second."""
    cpu: float = 0.0
    """Seconds of the worker, for 100,000 turns."""
    broker_cpu: float = 0.0
    """Likewise, of the broker."""
    memory: float = 0.0
    """The worker's, in MB, at the most."""
    changelog: float | None = None
    """Bytes of changelogs on the broker's disk for each byte of a record on `turns`."""
    failed: str = ""
    first_failure: str = ""
    """Why an attempt before this one did not count."""


class Figure(BaseModel):
    """Any other number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    round: int
    name: str
    value: float
    unit: str


class Results(BaseModel):
    """Everything."""

    model_config = ConfigDict(extra="forbid")

    machine: str
    versions: dict[str, str]
    asked: dict[str, str] = {}
    """With what the parts were run."""
    trials: list[Trial] = []
    figures: list[Figure] = []

    def rates(self, contender: str, shape: str, part: str = "peers") -> list[float]:
        return [
            trial.rate
            for trial in self.trials
            if (trial.part, trial.contender, trial.shape) == (part, contender, shape) and not trial.failed
        ]

    def values(self, part: str, name: str) -> list[float]:
        return [figure.value for figure in self.figures if (figure.part, figure.name) == (part, name)]

    def rounds_of(self, part: str) -> int:
        """How many rounds of a part are there."""
        rounds = {trial.round for trial in self.trials if trial.part == part}
        return len(rounds | {figure.round for figure in self.figures if figure.part == part})


def open_results(folder: Path) -> Results:
    """Those of this folder, or none yet. Raises ConfigurationError for those of another machine or version."""
    here = Results(machine=machine(), versions=versions())
    file = folder / FILE
    if not file.exists():
        return here
    try:
        found = Results.model_validate_json(file.read_bytes())
    except ValidationError:
        raise ConfigurationError(f"{file} is not what bench has written: use another folder") from None
    other = {name for name in here.versions if found.versions.get(name) != here.versions[name]}
    if found.machine != here.machine or other:
        differing = ", ".join(sorted(other)) or "the machine"
        raise ConfigurationError(f"{file} was measured with another {differing}: use another folder")
    return found


def write(folder: Path, results: Results) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / (FILE + ".new")
    new.write_text(results.model_dump_json(indent=1) + "\n")
    new.replace(folder / FILE)


def require_same(results: Results, part: str, asked: str) -> None:
    """Raises ConfigurationError where rounds of this part were run with something else."""
    found = results.asked.setdefault(part, asked)
    if found != asked:
        raise ConfigurationError(f"the folder holds rounds of {part} with {found}, not {asked}: use another folder")


def machine() -> str:
    memory = psutil.virtual_memory().total / (1 << 30)
    return f"{os.cpu_count()} cores{_processor()}, {memory:.0f} GiB, {platform.system()}, data on {_file_system()}"


def versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "Kafka": read_release().version}
    return found | dict(_installed(LIBRARIES))


def versions_in(python: Path, libraries: Iterable[str]) -> dict[str, str]:
    """Of another environment."""
    script = "import sys; from importlib.metadata import version; [print(version(name)) for name in sys.argv[1:]]"
    names = list(libraries)
    done = subprocess.run([python, "-c", script, *names], capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split(), strict=True))


def _installed(libraries: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in libraries:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _file_system() -> str:
    """Where temporary folders lie: what it takes to make a file is a part of every insert."""
    here = Path(tempfile.gettempdir()).resolve()
    mounted = {Path(each.mountpoint): each.fstype for each in psutil.disk_partitions(all=True)}
    return next((mounted[folder] for folder in (here, *here.parents) if folder in mounted), "an unknown file system")


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f" ({models[0]})" if models else ""
