"""What the soak makes of a round that does not end well: an entry in the report, and a folder to look into."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaException

from streams.errors import PermanentError
from tests.faults import soak as soaking
from tests.faults.report import Failed, read, report_of, write
from tests.faults.round import Progress
from tests.faults.soak import Different, failure, soak
from tests.faults.test_report import entry

PROGRESS = Progress(lambda _: None, lambda _: None)


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where rounds have their folders. An undisturbed run leaves a file in its own."""
    (tmp_path / "folders").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "folders"))

    def undisturbed(folder: Path, _: object) -> list[str]:
        folder.mkdir()
        return []

    monkeypatch.setattr(soaking, "undisturbed", undisturbed)
    return tmp_path / "folders"


def disturbed_by(error: BaseException, kills: int = 2) -> Callable[..., Any]:
    """A run that ends so after some kills."""

    def disturbed(*_: object, progress: Progress, **__: object) -> None:
        for number in range(kills):
            progress.killed(number + 1)
        raise error

    return disturbed


@pytest.mark.parametrize(
    "error",
    [AssertionError("not quiet after 300 s"), KafkaException("away"), PermanentError("refused"), KeyError("sink")],
    ids=lambda error: type(error).__name__,
)
def test_a_round_that_fails_is_an_entry_its_folder_is_kept_and_its_seed_is_gone(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path, killed = tmp_path / "report.json", list[int]()
    write(path, report_of([entry(1)], None))
    monkeypatch.setattr(soaking, "disturbed", disturbed_by(error))
    for _ in range(2):
        with pytest.raises(Different, match="are kept in"):
            soak(9, seed=1, path=path, progress=PROGRESS._replace(killed=killed.append), with_canary=False)
    found = read(path)
    assert [(each.seed, each.kills) for each in found.failed] == [(2, 2), (3, 2)]
    assert all(each.why.startswith(type(error).__name__) for each in found.failed)
    assert (found.totals.failed, found.totals.kills, found.rounds) == (2, 3, (entry(1),))
    kept = [*folders.iterdir()]
    assert len(kept) == 2
    assert all(
        (each / "undisturbed").is_dir() and type(error).__name__ in (each / "why.txt").read_text() for each in kept
    )
    assert killed == [4, 5, 4, 5], "behind the kills of the round before"


def test_a_round_that_somebody_stops_leaves_nothing(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    monkeypatch.setattr(soaking, "disturbed", disturbed_by(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        soak(9, seed=1, path=path, progress=PROGRESS, with_canary=False)
    assert not path.exists()
    assert [*folders.iterdir()] == []


def test_a_round_with_an_exit_that_no_kill_explains_differs(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    monkeypatch.setattr(soaking, "disturbed", lambda *_, **__: (entry(1, exits={"sink": {"11": 1, "15": 1}}), []))
    with pytest.raises(Different, match=r"1 differences.*\n.*sink ended by itself with code 15"):
        soak(3, seed=1, path=path, progress=PROGRESS, with_canary=False)
    assert read(path).totals.differences == 1
    assert len([*folders.iterdir()]) == 1


def test_a_round_that_ends_well_leaves_only_its_entry(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soaking, "disturbed", lambda *_, seed, **__: (entry(seed), []))
    report = soak(6, seed=1, path=tmp_path / "report.json", progress=PROGRESS, with_canary=False)
    assert report.rounds == (entry(1), entry(2))
    assert [*folders.iterdir()] == []


def test_an_entry_tells_nothing_of_the_machine() -> None:
    folder = Path("/some/where/turnlog-soak-1")
    found = failure(7, 3, AssertionError(f"{folder}/disturbed: exit 1\nand more"), folder)
    assert found == Failed(seed=7, kills=3, why="AssertionError: its folder/disturbed: exit 1")
    assert len(failure(7, 3, ValueError("x" * 1000), folder).why) == 300
    assert failure(7, 3, ValueError(), folder).why == "ValueError: "
