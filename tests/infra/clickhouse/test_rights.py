"""`rights.sql` isolates organisations: its grants and policies, on the real engine, as a reader of one meets them.

The embedded engine has no place to store users that SQL makes. It takes users from a file, though: there the reader
stands with the very grants and conditions of `rights.sql`, and the engine itself judges. What cannot be tried so is
whether a server takes every CREATE statement; the engine's parser reads all of them.
"""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from streams.adapters.clickhouse import Database
from streams.admin.migrate import migrate, statements
from streams.local.clickhouse.local import LocalClickHouse
from tests.infra.clickhouse.told import tell
from tests.streams.sink.store import Store

pytestmark = pytest.mark.clickhouse
RIGHTS = (files("infra.clickhouse") / "rights.sql").read_text(encoding="utf-8")
STATEMENTS = list(statements(RIGHTS, "turnlog"))
GRANTS = [
    statement.removesuffix(" TO turnlog_reader")
    for statement in STATEMENTS
    if statement.endswith("TO turnlog_reader") and statement.startswith("GRANT")
]
ASK = """
import chdb, json, sys
connection = chdb.connect(sys.argv[1])
def ask(sql):
    try:
        return json.loads(connection.query(sql, "JSONCompact").data())["data"]
    except Exception as error:
        return str(error)
print(json.dumps([ask(sql) for sql in json.load(sys.stdin)]))
"""
VIEWS = (
    "turns",
    "facts",
    "facts_history",
    "fact_sources",
    "jobs",
    "jobs_stuck",
    "submissions",
    "extractions",
    "dead_letters",
    "memory_now",
    "entities",
    "cost_by_scope_day",
)
CALLED = ("facts_as_of(t = '2024-01-03 00:00:00')", "facts_search(q = 'strasse')", "turns_search(q = 'strasse')")
TABLES = ("turns", "submissions", "extractions", "facts", "job_parts", "windows_resolved", "dead_letters")


def policies(user: str) -> dict[str, str]:
    """By table, the condition under which this user sees rows."""
    (policy,) = [
        statement for statement in STATEMENTS if statement.endswith(f"TO {user}") and "ROW POLICY" in statement
    ]
    found = re.fullmatch(r"CREATE ROW POLICY IF NOT EXISTS \w+ ON (.+) USING (.+) TO \w+", policy)
    assert found is not None
    return {table.removeprefix("turnlog_data."): found[2] for table in found[1].split(", ")}


class Reader:
    """The reader of acme on a database of two organisations."""

    def __init__(self, folder: Path, store: Path, *, with_policies: bool = True) -> None:
        filters = "".join(
            f"<{table}><filter>{escape(condition)}</filter></{table}>"
            for table, condition in policies("acme_reader").items()
        )
        grants = "".join(f"<query>{escape(grant)}</query>" for grant in GRANTS)
        limits = f"<databases><turnlog_data>{filters}</turnlog_data></databases>" if with_policies else ""
        (folder / "users.xml").write_text(
            "<clickhouse><profiles><default/></profiles><quotas><default/></quotas><users><default><password/>"
            "<networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>"
            f"<grants>{grants}</grants>{limits}</default></users></clickhouse>"
        )
        config = folder / "config.xml"
        config.write_text(f"<clickhouse><users_config>{folder}/users.xml</users_config></clickhouse>")
        self._where = f"{store}?config-file={config}"

    def ask(self, *questions: str) -> list[list[list[object]] | str]:
        answered = subprocess.run(
            [sys.executable, "-c", ASK, self._where],
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        answers: list[list[list[object]] | str] = json.loads(answered.stdout)
        return answers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database folder that nobody holds open."""
    folder = Path(tmp_path_factory.mktemp("rights"))
    with LocalClickHouse(folder) as server:
        tables, views = Database(server.address), Database(server.address, database="turnlog")
        migrate(tables, "turnlog", "")
        tell(Store(server.address, "turnlog", tables, views))
        tables.close()
        views.close()
    return folder


def test_the_engine_understands_every_statement(clickhouse: LocalClickHouse) -> None:
    client = Database(clickhouse.address)
    assert len(STATEMENTS) > 20
    for statement in STATEMENTS:
        assert client.query("SELECT formatQuery({sql:String}) AS sql", {"sql": statement})[0]["sql"]
    client.close()


def test_every_table_with_an_organisation_has_policies_and_is_granted(told: Store) -> None:
    """A table that a migration adds must be named in `rights.sql`."""
    rows = told.tables.query(
        "SELECT table FROM system.columns WHERE database = {data:String} AND name = 'org_id'",
        {"data": f"{told.name}_data"},
    )
    with_org = {row["table"] for row in rows}
    assert len(with_org) >= 7
    assert set(policies("acme_reader")) == with_org
    assert (
        set(policies("turnlog_writer"))
        == set(
            re.findall(
                r"turnlog_data\.(\w+)",
                "".join(statement for statement in STATEMENTS if "turnlog_nobody ON" in statement),
            )
        )
        == with_org
    )
    granted = set(re.findall(r"turnlog_data\.(\w+)", " ".join(GRANTS)))
    assert granted >= with_org
    asked = told.tables.query("SELECT as_select FROM system.tables WHERE database = {db:String}", {"db": told.name})
    assert granted >= {table for row in asked for table in re.findall(rf"{told.name}_data\.(\w+)", row["as_select"])}


def test_a_reader_sees_one_organisation_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path, next(folder.rglob("store")))
    seen = [f"SELECT DISTINCT org_id FROM turnlog.{view}" for view in (*VIEWS, *CALLED)]
    seen += [f"SELECT DISTINCT org_id FROM turnlog_data.{table}" for table in TABLES]
    refused = (
        "INSERT INTO turnlog_data.turns (org_id) VALUES ('acme')",
        "ALTER TABLE turnlog_data.facts DELETE WHERE true",
        "DROP VIEW turnlog.facts",
        "CREATE VIEW turnlog.mine AS SELECT 1",
        "SELECT * FROM turnlog_data.schema_migrations",
        "SELECT * FROM mergeTreeIndex('turnlog_data', 'facts')",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "CREATE ROW POLICY open ON turnlog_data.facts USING true TO ALL",
    )
    answers = reader.ask(*seen, *refused, "SELECT count() > 0 FROM turnlog.freshness")
    assert answers[: len(seen)] == [[["acme"]]] * len(seen)
    assert [
        name for name, answer in zip(refused, answers[len(seen) :], strict=False) if "ACCESS_DENIED" not in str(answer)
    ] == []
    assert answers[-1] in ([[1]], [[True]])


def test_without_the_policies_a_reader_would_see_everything(folder: Path, tmp_path: Path) -> None:
    """So it is they that isolate, and the test above can fail."""
    reader = Reader(tmp_path, next(folder.rglob("store")), with_policies=False)
    assert reader.ask("SELECT DISTINCT org_id FROM turnlog.facts ORDER BY org_id") == [[["acme"], ["evil"]]]
