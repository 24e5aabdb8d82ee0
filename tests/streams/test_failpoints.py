"""A failpoint fires once, where and when it was told to, and says so."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import failpoints
from streams.errors import ConfigurationError
from streams.failpoints import FOLDER, POINTS, FailpointRaised, reach

PASS_BY = """
import os, sys, time
from streams import failpoints
failpoints.arm("ingest", os.environ)
for point in sys.argv[1:]:
    failpoints.reach(point)
    print(point, flush=True)
time.sleep(0.5)
print("alive", flush=True)
"""


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("ingest", {})


def arm(folder: Path, listed: str, stage: str = "ingest") -> None:
    failpoints.arm(stage, {POINTS: listed, FOLDER: str(folder)})


def fired(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def start(folder: Path, listed: str, *points: str) -> subprocess.Popen[str]:
    """A process that passes these points."""
    environment = {**os.environ, POINTS: listed, FOLDER: str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", PASS_BY, *points], env=environment, stdout=subprocess.PIPE, text=True
    )


def test_nothing_happens_where_nothing_is_armed(tmp_path: Path) -> None:
    failpoints.arm("ingest", {FOLDER: str(tmp_path)})
    reach("committing")
    arm(tmp_path, "window/committing=raise")
    reach("committing")
    assert fired(tmp_path) == set()


def test_one_fires_at_its_point_and_only_once(tmp_path: Path) -> None:
    before = time.time() * 1000 - 1
    arm(tmp_path, "sink/lane_opened=raise, ingest/committing=raise")
    reach("chunk_taken")
    with pytest.raises(FailpointRaised, match="committing"):
        reach("committing")
    reach("committing")
    assert fired(tmp_path) == {"1-ingest-committing"}
    assert before <= int((tmp_path / "1-ingest-committing").read_text()) <= time.time() * 1000


def test_the_nth_pass_counts_from_when_it_is_armed(tmp_path: Path) -> None:
    arm(tmp_path, "ingest/committing=delay:0.01,ingest/committing=delay:0.01@3")
    for passes, names in ((1, {0}), (2, {0}), (3, {0}), (4, {0, 1})):
        reach("committing")
        assert fired(tmp_path) == {f"{number}-ingest-committing" for number in names}, passes


def test_they_are_armed_one_after_the_other(tmp_path: Path) -> None:
    arm(tmp_path, "ingest/committing=delay:0,ingest/chunk_taken=delay:0")
    reach("chunk_taken")
    assert fired(tmp_path) == set()
    reach("committing")
    reach("chunk_taken")
    assert fired(tmp_path) == {"0-ingest-committing", "1-ingest-chunk_taken"}


@pytest.mark.parametrize("before", [True, False], ids=["before the start", "meanwhile"])
def test_what_fired_in_another_process_does_not_fire_again_and_the_next_has_its_turn(
    tmp_path: Path, before: bool
) -> None:
    other = tmp_path / "0-ingest-fenced"
    if before:
        other.touch()
    arm(tmp_path, "ingest/fenced=raise,ingest/committing=delay:0")
    other.touch()
    reach("fenced")
    reach("committing")
    assert fired(tmp_path) == {"0-ingest-fenced", "1-ingest-committing"}


def test_nothing_else_fires_in_a_process_that_is_to_end(tmp_path: Path) -> None:
    arm(tmp_path, "ingest/committing=raise,ingest/chunk_taken=raise")
    with pytest.raises(FailpointRaised):
        reach("committing")
    reach("chunk_taken")
    assert fired(tmp_path) == {"0-ingest-committing"}


def test_a_delay_is_as_long_as_it_says(tmp_path: Path) -> None:
    arm(tmp_path, "ingest/committing=delay:0.2")
    started = time.monotonic()
    reach("committing")
    assert time.monotonic() - started >= 0.2


def test_a_kill_is_sigkill_at_once(tmp_path: Path) -> None:
    process = start(tmp_path, "ingest/committing=kill", "chunk_taken", "committing")
    assert process.communicate(timeout=20)[0] == "chunk_taken\n"
    assert process.returncode == -signal.SIGKILL
    assert fired(tmp_path) == {"0-ingest-committing"}


def test_a_later_kill_lets_the_process_go_on_and_nothing_else_fires(tmp_path: Path) -> None:
    process = start(tmp_path, "ingest/committing=kill:0.1,ingest/committed=kill", "committing", "committed")
    assert process.communicate(timeout=20)[0] == "committing\ncommitted\n"
    assert process.returncode == -signal.SIGKILL
    assert fired(tmp_path) == {"0-ingest-committing"}


def test_what_hangs_stands_still(tmp_path: Path) -> None:
    process = start(tmp_path, "ingest/committing=hang", "committing")
    with pytest.raises(subprocess.TimeoutExpired):
        process.communicate(timeout=2)
    process.kill()
    assert process.communicate()[0] == ""


def test_what_is_stopped_goes_on_when_it_is_told_to(tmp_path: Path) -> None:
    process = start(tmp_path, "ingest/committing=stop", "committing")
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    process.send_signal(signal.SIGCONT)
    assert process.communicate(timeout=20)[0] == "committing\nalive\n"
    assert process.returncode == 0


@pytest.mark.parametrize(
    "wrong",
    [
        "ingest",
        "ingest/committing",
        "ingest/committing=explode",
        "ingest/committing=kill:",
        "ingest/committing=kill:1.2.3",
        "ingest/committing=kill@0",
        "INGEST/committing=kill",
        "ingest/committing=kill,,",
    ],
)
def test_what_cannot_be_read_is_refused_in_every_stage(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=POINTS):
        arm(tmp_path, wrong, stage="window")


@pytest.mark.parametrize("folder", [None, "", "missing"])
def test_without_a_folder_nothing_is_armed(tmp_path: Path, folder: str | None) -> None:
    environment = {POINTS: "ingest/committing=kill"}
    if folder is not None:
        environment[FOLDER] = folder and str(tmp_path / folder)
    with pytest.raises(ConfigurationError, match=FOLDER):
        failpoints.arm("ingest", environment)
