"""The command line in this process, without settings from outside."""

from pathlib import Path

from click.testing import CliRunner, Result

from streams.cli.turnlog import turnlog

NAMES = ("TURNLOG_KAFKA", "TURNLOG_CLICKHOUSE", "TURNLOG_STATE_DIR", "TURNLOG_CLICKHOUSE_DATABASE")
NOBODY = "127.0.0.1:1"


def run(*arguments: str | Path, **environment: str) -> Result:
    """Run a command. Environment names without `TURNLOG_`, in lower case: `kafka="127.0.0.1:9092"`."""
    given = {f"TURNLOG_{name.upper()}": value for name, value in environment.items()}
    names = {name: given.get(name) for name in {*NAMES, *given}}
    return CliRunner().invoke(turnlog, list(map(str, arguments)), env=names)
