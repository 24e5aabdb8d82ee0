"""README says nothing that is not so: its generated parts are fresh, and whatever it names exists."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from streams.cli.turnlog import COMMANDS, turnlog
from streams.describe.readme import PARTS, refreshed
from streams.describe_settings import variables
from streams.engine import ExitCode
from streams.errors import ConfigurationError
from streams.metrics import ABOUT
from streams.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = [*re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE), *re.findall(r"`([^`\n]+)`", README)]
SETTINGS = {variable.name for variable in variables(Settings)}
CALLS = sorted({call for code in CODE for call in re.findall(r"\bturnlog ([a-z][a-z-]*(?: [^\n#)`;|]*)?)", code)})
NAMED = sorted({*re.findall(r"\bTURNLOG_[A-Z0-9_]*[A-Z0-9]\b", README)})
OF_TESTS = {
    name
    for path in (ROOT / "tests").rglob("*.py")
    for name in re.findall(r'environ\.get\("(\w+)"', path.read_text(encoding="utf-8"))
}
PATH = re.compile(r"\b(?:streams|schemas|tests|infra)/[\w./*-]*[\w*]")
PATHS = sorted({path for code in CODE for path in PATH.findall(code)})


def test_its_generated_parts_are_fresh() -> None:
    """Otherwise: turnlog describe --write README.md"""
    assert refreshed(README) == README
    for part in ("flow", "settings"):
        assert f"<!-- begin: {part} -->" in README


def test_a_stale_part_is_renewed_and_nothing_else_is_touched() -> None:
    text = "before\n<!-- begin: flow -->\nold\n<!-- end: flow -->\nafter\n"
    assert refreshed(text) == f"before\n<!-- begin: flow -->\n{PARTS['flow']()}\n<!-- end: flow -->\nafter\n"
    assert refreshed(refreshed(text)) == refreshed(text)


@pytest.mark.parametrize("text", ["<!-- begin: flow -->\n", "<!-- begin: weather -->\n<!-- end: weather -->"])
def test_a_marker_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        refreshed(text)


@pytest.mark.parametrize("call", CALLS)
def test_every_command_it_names_exists_with_its_options(call: str) -> None:
    words = call.split()
    command: click.Command = turnlog
    path: list[str] = []
    for word in words:
        found = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else None
        if found is None:
            break
        command, path = found, [*path, word]
    assert path, f"turnlog {call}: no such command among {', '.join(COMMANDS)}"
    shown = CliRunner().invoke(turnlog, [*path, "--help"])
    assert shown.exit_code == 0
    for option in re.findall(r"--[a-z][a-z-]*", call):
        assert option in shown.output, f"turnlog {call}: {option} is not one of its options"


@pytest.mark.parametrize("name", NAMED)
def test_every_variable_it_names_is_a_setting_or_one_of_a_test(name: str) -> None:
    assert name in SETTINGS | OF_TESTS


@pytest.mark.parametrize("path", PATHS)
def test_every_file_it_names_exists(path: str) -> None:
    assert any(ROOT.glob(path)), path


def test_every_metric_it_names_exists() -> None:
    known = {about.name for about in ABOUT}
    for name in re.findall(r"\bturnlog_[a-z_]+\b", README):
        assert name in known or name == "turnlog_data", name


def test_it_tells_every_exit_code_of_a_stage() -> None:
    told = {int(number) for number in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert told == {0, *ExitCode}
