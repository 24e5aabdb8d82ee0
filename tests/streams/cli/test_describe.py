"""The command that tells what the code knows of itself, and keeps a file in step with it."""

from pathlib import Path

import pytest

from streams.cli.exits import ExitCode
from streams.describe.flow import flow_diagram
from tests.streams.cli.runner import run


@pytest.mark.parametrize(
    ("part", "holds"),
    [
        ("flow", "flowchart LR"),
        ("settings", "| `TURNLOG_HTTP` |"),
        ("topics", "| `conversations` |"),
        ("metrics", "| `turnlog_lag_records` | gauge | topic, partition |"),
    ],
)
def test_every_part_can_be_printed(part: str, holds: str) -> None:
    result = run("describe", part)
    assert result.exit_code == 0
    assert holds in result.stdout


def test_a_file_is_renewed_once(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("a\n<!-- begin: flow -->\nold\n<!-- end: flow -->\nb\n")
    assert run("describe", "--write", file).stdout == f"{file}: renewed\n"
    assert file.read_text() == f"a\n<!-- begin: flow -->\n{flow_diagram()}\n<!-- end: flow -->\nb\n"
    assert run("describe", "--write", file).stdout == f"{file}: unchanged\n"


def test_a_marker_without_end_is_refused_and_the_file_left(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("<!-- begin: flow -->\n")
    result = run("describe", "--write", file)
    assert result.exit_code == ExitCode.DIFFERENT
    assert "<!-- begin: flow -->" in result.stderr
    assert file.read_text() == "<!-- begin: flow -->\n"


def test_a_misspelt_command_is_guessed() -> None:
    result = run("statsu")
    assert result.exit_code == 2
    assert "No such command 'statsu'. Did you mean status?" in result.stderr
    assert "Did you mean" not in run("xyzzy").stderr
