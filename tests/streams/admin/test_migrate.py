"""Migrations: applied once, repeated without harm, and refused where the database is not ours to change."""

import threading
from collections.abc import Iterator
from importlib.resources import files
from uuid import uuid4

import pytest

from streams.adapters.clickhouse import Database
from streams.admin.comments import write_comments
from streams.admin.migrate import Applied, Migration, check, migrate, migrations, schema, statements, verify
from streams.admin.prepare import require_own_hash_key
from streams.errors import ConfigurationError
from streams.ids import Ids
from streams.local.clickhouse.local import LocalClickHouse
from streams.settings import Settings

KEY = Ids(Settings().hash_key).fingerprint()
OTHER_KEY = Ids("another key").fingerprint()


@pytest.fixture
def client(clickhouse: LocalClickHouse) -> Iterator[Database]:
    client = Database(clickhouse.address)
    yield client
    client.close()


@pytest.fixture
def database(client: Database) -> Iterator[str]:
    name = f"t{uuid4().hex[:12]}"
    yield name
    for each in (name, f"{name}_data"):
        client.execute(f"DROP DATABASE IF EXISTS {each} SYNC")


@pytest.mark.clickhouse
def test_a_worker_may_start_only_on_a_migrated_database_of_its_own_key(client: Database, database: str) -> None:
    with pytest.raises(ConfigurationError, match="run turnlog migrate"):
        verify(client, database, KEY)
    migrate(client, database, KEY)
    verify(client, database, KEY)
    with pytest.raises(ConfigurationError, match="another hash key"):
        verify(client, database, OTHER_KEY)


def test_the_key_everybody_knows_is_for_this_machine_only() -> None:
    require_own_hash_key(Settings(kafka="127.0.0.1:9092,localhost:9093"))
    require_own_hash_key(Settings(kafka="broker.example:9092", hash_key="a key of ours"))
    with pytest.raises(ConfigurationError, match="TURNLOG_HASH_KEY is not set"):
        require_own_hash_key(Settings(kafka="127.0.0.1:9092,broker.example:9092"))


def test_migrations_are_numbered_and_no_number_comes_twice() -> None:
    numbers = [int(migration.name[:4]) for migration in migrations()]
    assert numbers == sorted(set(numbers))


def test_a_file_is_cut_into_statements_without_comments() -> None:
    sql = "-- why; because\nCREATE TABLE {database}_data.x (a String); \n\n-- and\nSELECT ';' AS a\n;\n"
    assert list(statements(sql, "mine")) == ["CREATE TABLE mine_data.x (a String)", "SELECT ';' AS a"]


@pytest.mark.parametrize("name", ["", "a-b", "a; DROP DATABASE b", "1a", "a b", "a`"])
def test_a_database_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a database name"):
        list(statements("SELECT 1;\n", name))


def test_what_was_applied_passes_only_as_it_is() -> None:
    known = Migration("0001_a.sql", "SELECT 1;")
    applied = Applied(known.name, known.checksum, KEY)
    check([applied], [known], KEY)
    for changed in (applied._replace(checksum="x"), applied._replace(hash_key_fingerprint=OTHER_KEY)):
        with pytest.raises(ConfigurationError):
            check([changed], [known], KEY)


def test_a_database_made_with_a_former_form_stays_as_it_is() -> None:
    former = Migration("0001_a.sql", "SELECT 1;")
    known = Migration("0001_a.sql", f"-- As good as {former.checksum}: slower.\nSELECT 2;")
    check([Applied(known.name, former.checksum, KEY)], [known], KEY)
    check([Applied(known.name, known.checksum, KEY)], [known], KEY)
    assert known.recorded == former.checksum, "a version that knows the former form alone takes the database, too"
    assert former.recorded == former.checksum


@pytest.mark.parametrize("name", ["0001_a.sql", "0001_of_somebody_else.sql"])
def test_a_migration_that_was_applied_in_another_form_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        check([Applied(name, "another checksum", KEY)], [Migration("0001_z.sql", "SELECT 1;")], KEY)


@pytest.mark.clickhouse
def test_a_newer_version_may_have_been_here_and_an_older_one_goes_on(client: Database, database: str) -> None:
    migrate(client, database, KEY)
    columns = ("name", "checksum", "hash_key_fingerprint")
    client.insert(f"{database}_data.schema_migrations", columns, [["9999_newer.sql"], ["of another version"], [KEY]])
    verify(client, database, KEY)
    assert migrate(client, database, KEY) == []


@pytest.mark.clickhouse
def test_a_statement_that_is_refused_names_the_migration_and_the_version(
    client: Database, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration("0001_a.sql", "CREATE TABLE {database}_data.a (a NoSuchType) ENGINE = Log;")
    monkeypatch.setattr("streams.admin.migrate.migrations", lambda: (broken,))
    with pytest.raises(
        ConfigurationError, match=r"migration 0001_a.sql: .* This is ClickHouse \d+\.\d+.*; turnlog is made for"
    ):
        migrate(client, database, KEY)


@pytest.mark.clickhouse
def test_all_migrations_are_applied_once(client: Database, database: str) -> None:
    assert migrate(client, database, KEY) == [migration.name for migration in migrations()]
    assert migrate(client, database, KEY) == []


@pytest.mark.clickhouse
def test_the_migrations_add_up_to_the_schema(client: Database, database: str) -> None:
    """After a new migration: `python -m infra.clickhouse.write_schema http://host:port`."""
    migrate(client, database, KEY)
    assert schema(client, database) == (files("infra.clickhouse") / "schema.sql").read_text(encoding="utf-8")


@pytest.mark.clickhouse
def test_the_schema_alone_gives_the_same_tables_and_views(client: Database, database: str) -> None:
    wanted = (files("infra.clickhouse") / "schema.sql").read_text(encoding="utf-8")
    for name in (database, f"{database}_data"):
        client.execute(f"CREATE DATABASE {name} ENGINE = Atomic")
    for statement in statements(wanted, database):
        client.execute(statement)
    assert schema(client, database) == wanted


@pytest.mark.clickhouse
def test_every_statement_may_run_again(client: Database, database: str) -> None:
    """A runner may die between two statements, and two may run at once."""
    migrate(client, database, KEY)
    before = schema(client, database)
    for migration in migrations():
        for statement in migration.statements(database):
            client.execute(statement)
    write_comments(client, database)
    assert schema(client, database) == before
    live = client.query(f"SELECT generation FROM {database}_data.live_generation FINAL")
    assert live == [{"generation": 1}]


@pytest.mark.clickhouse
def test_two_runners_at_once_end_in_the_same_database(
    clickhouse: LocalClickHouse, client: Database, database: str
) -> None:
    errors: list[BaseException] = []

    def run() -> None:
        own = Database(clickhouse.address)
        try:
            migrate(own, database, KEY)
        except BaseException as error:
            errors.append(error)
        finally:
            own.close()

    runners = [threading.Thread(target=run) for _ in range(3)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert errors == []
    rows = client.query(f"SELECT name FROM {database}_data.schema_migrations FINAL ORDER BY name")
    assert [row["name"] for row in rows] == [migration.name for migration in migrations()]


@pytest.mark.clickhouse
def test_another_hash_key_is_refused(client: Database, database: str) -> None:
    migrate(client, database, KEY)
    with pytest.raises(ConfigurationError, match="another hash key: set TURNLOG_HASH_KEY"):
        migrate(client, database, OTHER_KEY)
    assert migrate(client, database, KEY) == []


@pytest.mark.clickhouse
def test_a_changed_migration_is_refused_before_anything_is_done(client: Database, database: str) -> None:
    migrate(client, database, KEY)
    first = migrations()[0]
    client.insert(f"{database}_data.schema_migrations", Applied._fields, [[first.name], ["changed"], [KEY]])
    with pytest.raises(ConfigurationError, match=first.name):
        migrate(client, database, KEY)
