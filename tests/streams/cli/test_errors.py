"""What goes wrong ends in a message that helps and an exit code that means something."""

from pathlib import Path

import orjson
import pytest

from streams.cli.exits import ExitCode, code_of
from streams.cli.stack import require_extra
from streams.errors import ConfigurationError, LocalModeError, TransientError, TurnlogError
from streams.publish.publish import Incomplete
from tests.streams.cli.runner import NOBODY, run


@pytest.fixture
def one_submission(tmp_path: Path) -> Path:
    file = tmp_path / "one.jsonl"
    file.write_bytes(orjson.dumps({"org_id": "a", "user_id": "b", "turns": [{"role": "user", "text": "hi"}]}))
    return file


def test_without_settings_and_services_the_way_out_is_told(tmp_path: Path) -> None:
    result = run("facts", "--org", "a", "--user", "b", "--state-dir", tmp_path)
    assert result.exit_code == ExitCode.AWAY
    assert result.stderr == (
        "Error: TURNLOG_CLICKHOUSE not set, and no local services are running here. Start them with: turnlog up\n"
    )


@pytest.mark.parametrize("command", [["topics", "ensure"], ["worker"], ["worker", "ingest", "sink"]])
def test_a_broker_that_is_away_has_an_exit_code_of_its_own(command: list[str]) -> None:
    result = run(*command, kafka=NOBODY, clickhouse=f"http://{NOBODY}")
    away = f"Error: Kafka does not answer at {NOBODY}\n" if "topics" in command else "Error: ClickHouse: no answer"
    assert (result.exit_code, away in result.stderr) == (ExitCode.AWAY, True)


@pytest.mark.parametrize("command", [["migrate"], ["jobs"], ["dead-letters"], ["sql", "SELECT 1"], ["dump"]])
def test_a_database_that_is_away_has_the_same(command: list[str]) -> None:
    result = run(*command, clickhouse=f"http://{NOBODY}")
    assert result.exit_code == ExitCode.AWAY
    assert result.stderr.startswith("Error: ClickHouse: ")


def test_publishing_to_a_broker_that_is_away_fails(one_submission: Path) -> None:
    result = run("publish", one_submission, kafka=NOBODY)
    assert (result.exit_code, result.stdout) == (ExitCode.AWAY, "")


def test_input_that_cannot_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_text('{"org_id": "a"}\n{"org_id"')
    for command in ("publish", "demo"):
        option = ("--input",) if command == "demo" else ()
        result = run(command, *option, file, "--state-dir", tmp_path / "state", kafka=NOBODY)
        assert result.exit_code == ExitCode.FAILED
        assert "line 2 is not JSON" in result.stderr
    assert not (tmp_path / "state").exists()


def test_status_tells_what_is_unhealthy(tmp_path: Path) -> None:
    result = run("status", "--json", kafka=NOBODY, clickhouse=f"http://{NOBODY}")
    told = orjson.loads(result.stdout)
    assert (result.exit_code, told["healthy"]) == (ExitCode.UNHEALTHY, False)
    assert {name: part["healthy"] for name, part in told["parts"].items()} == {"kafka": False, "clickhouse": False}
    shown = run("status", kafka=NOBODY, clickhouse=f"http://{NOBODY}")
    assert (shown.exit_code, shown.stdout.count("unwell")) == (ExitCode.UNHEALTHY, 2)


def test_a_setting_that_cannot_be_read_is_named_without_its_value() -> None:
    result = run("topics", "ensure", kafka=NOBODY, partitions="many", hash_key="secret")
    assert result.exit_code == ExitCode.DIFFERENT
    assert "TURNLOG_PARTITIONS: Input should be a valid integer" in result.stderr
    assert "TURNLOG_HASH_KEY: String should have at least 8 characters" in result.stderr
    assert "many" not in result.stderr
    assert "secret" not in result.stderr


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    result = run("down", "--state-dir", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "nothing was running\n")


@pytest.mark.parametrize(
    "command", [["nonsense"], ["worker", "nonsense"], ["stage", "nonsense"], ["publish", "/nowhere"]]
)
def test_a_wrong_command_line_is_clicks_two(command: list[str]) -> None:
    assert run(*command).exit_code == 2


def test_help_tells_the_exit_codes_and_hides_what_is_internal() -> None:
    text = run("--help").stdout
    assert "5    not everything was acknowledged" in text
    assert "dead-letters" in text
    assert "supervise" not in text


def test_a_missing_extra_is_told_with_its_name() -> None:
    require_extra(["json"])
    with pytest.raises(LocalModeError, match=r"no_such_thing missing.*pip install 'turnlog\[local\]'"):
        require_extra(["json", "no_such_thing"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError(), 3),
        (TransientError(), 4),
        (Incomplete(), 5),
        (LocalModeError(), 1),
        (TurnlogError(), 1),
    ],
)
def test_every_error_has_its_code(error: TurnlogError, code: int) -> None:
    assert code_of(error) == code
