"""The product as a user runs it: the command line on a state folder of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from schemas.job import END_STATES
from streams.adapters.clickhouse import open_database
from streams.cli.screen import as_line
from streams.local.background import read_run
from streams.settings import Settings

TURNLOG = [sys.executable, "-m", "streams"]
ONE_CUT = {"TURNLOG_WINDOW_GAP_S": "100000000", "TURNLOG_WINDOW_AGE_S": "100000000"}
"""Windows close by size and session end only, so two runs of any speed cut the same ones."""
_ENDED = ", ".join(f"'{state}'" for state in END_STATES)
QUIET = (
    "SELECT (SELECT count() FROM turnlog.submissions) + "
    "(SELECT count() FROM turnlog.dead_letters WHERE subject IN ('submission', 'control')) AS accounted, "
    f"(SELECT count() FROM turnlog.jobs WHERE state NOT IN ({_ENDED})) AS open"
)
"""How many records are accounted for, and how many jobs have not ended."""


class Local:
    """`turnlog up` on a folder; every method is a command."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, "TURNLOG_STATE_DIR": str(folder), **ONE_CUT, **settings}
        for name in ("TURNLOG_KAFKA", "TURNLOG_CLICKHOUSE"):
            self.environment.pop(name, None)

    def __enter__(self) -> "Local":
        self("up")
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self("down")
        except (KeyboardInterrupt, SystemExit):  # which have ended it before its time
            self("down")
            raise

    def __call__(self, *arguments: str, limit: float = 600) -> str:
        """Run a command -> what it printed. Raises CalledProcessError unless it exits with 0."""
        return self.run(*arguments, limit=limit, check=True).stdout

    def run(self, *arguments: str, limit: float = 600, check: bool = False) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*TURNLOG, *arguments], env=self.environment, capture_output=True, text=True, timeout=limit
        )
        if check and done.returncode:
            raise AssertionError(f"turnlog {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command in the background."""
        return subprocess.Popen([*TURNLOG, *arguments], env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)  # fmt: skip

    def sql(self, query: str) -> list[dict[str, Any]]:
        """What `turnlog sql --json` prints, without a process of its own."""
        run = read_run(self.folder)
        assert run is not None, f"no stack runs in {self.folder}"
        settings = Settings().model_copy(update=run.endpoints._asdict())
        database = open_database(settings, database=settings.clickhouse_database)
        try:
            return [json.loads(as_line(row)) for row in database.query(query)]
        finally:
            database.close()

    def parts(self) -> dict[str, int]:
        """Name -> process id of the broker, the database and every worker, as they are now."""
        run = json.loads((self.folder / "run.json").read_text())
        return {name: part["pid"] for name, part in run["parts"].items()}

    def kill(self, name: str) -> int:
        pid = self.parts()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def lag(self) -> int:
        """Records that some stage has still to read; 0 also when nobody can say."""
        status = self.run("status", "--json").stdout
        return sum(int(stage["lag"]) for stage in json.loads(status)["stages"].values()) if status else 0

    def dump(self) -> str:
        return self("dump")

    def wait_until_quiet(self, submissions: int, *, limit: float = 600) -> None:
        """Until every record sent is accounted for and every job has ended, seen twice."""
        deadline, seen = time.monotonic() + limit, 0
        while seen < 2:
            assert time.monotonic() < deadline, f"not quiet after {limit:.0f} s: {self.run('status').stdout}"
            time.sleep(0.5)
            (row,) = self.sql(QUIET)
            seen = seen + 1 if row["accounted"] >= submissions and not row["open"] else 0
