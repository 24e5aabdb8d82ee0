"""Bring a database up to the newest migration, and refuse one that is not ours to change.

Two runners at once do no harm: every statement may run again, and what they record is equal and becomes one row.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from streams.adapters.clickhouse import UNKNOWN_DATABASE, UNKNOWN_TABLE, Database, Refused
from streams.admin.comments import write_comments
from streams.errors import ConfigurationError

FOLDER = files("infra.clickhouse") / "migrations"
MADE_FOR = "26.9"
"""The version of ClickHouse that all tests run on."""
FORMER = re.compile(r"^-- As good as ([0-9a-f]{64}):", re.MULTILINE)
"""Of a migration: an earlier form of it that differs in nothing but speed; a database made with it stays as it is."""


class Migration(NamedTuple):
    """One file of the folder; `sql` with `{database}` not yet filled in."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()

    @property
    def recorded(self) -> str:
        """What stands in a database that it was applied to: of its former form, if it had one, which every version
        knows."""
        return next(iter(FORMER.findall(self.sql)), self.checksum)

    @property
    def accepted(self) -> frozenset[str]:
        """The checksums of all forms in which it may have been applied."""
        return frozenset({self.checksum, *FORMER.findall(self.sql)})

    def statements(self, database: str) -> Iterator[str]:
        return statements(self.sql, database)


class Applied(NamedTuple):
    """What a database remembers of a migration."""

    name: str
    checksum: str
    hash_key_fingerprint: str


def migrations() -> tuple[Migration, ...]:
    """All there are, in order."""
    names = sorted(file.name for file in FOLDER.iterdir() if file.name.endswith(".sql"))
    return tuple(Migration(name, (FOLDER / name).read_text(encoding="utf-8")) for name in names)


def statements(sql: str, database: str) -> Iterator[str]:
    """The statements of a file, one by one, for this database. Raises ConfigurationError for a name that is none."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", database):
        raise ConfigurationError(f"{database!r} cannot be a database name: letters, digits and _ only")
    without_comments = re.sub(r"^--.*\n", "", sql, flags=re.MULTILINE)
    for statement in re.split(r";\s*\n", without_comments + "\n"):
        if statement.strip():
            yield statement.strip().replace("{database}", database)


def migrate(client: Database, database: str, hash_key_fingerprint: str) -> list[str]:
    """Apply what is missing; the names of what was. Nothing is left to do the second time.

    Raises ConfigurationError where the database was made with another hash key or with other migrations, or where
    ClickHouse refuses a statement.
    """
    applied = _applied(client, database)
    check(applied, migrations(), hash_key_fingerprint)
    known = {record.name for record in applied}
    if known - {migration.name for migration in migrations()}:
        return []  # a newer version was here: its views are as it wants them
    missing = [migration for migration in migrations() if migration.name not in known]
    for migration in missing:
        _apply(client, migration, database)
        _record(client, database, Applied(migration.name, migration.recorded, hash_key_fingerprint))
    write_comments(client, database)
    check(_applied(client, database), migrations(), hash_key_fingerprint)
    return [migration.name for migration in missing]


def _apply(client: Database, migration: Migration, database: str) -> None:
    try:
        for statement in migration.statements(database):
            client.execute(statement)
    except Refused as error:
        version = client.query("SELECT version() AS version")[0]["version"]
        raise ConfigurationError(
            f"migration {migration.name}: {error} This is ClickHouse {version}; turnlog is made for {MADE_FOR} or newer"
        ) from error


def verify(client: Database, database: str, hash_key_fingerprint: str) -> None:
    """Raises ConfigurationError unless this database is fully migrated, and under this hash key."""
    applied = _applied(client, database)
    check(applied, migrations(), hash_key_fingerprint)
    missing = [migration.name for migration in migrations() if migration.name not in {a.name for a in applied}]
    if missing:
        raise ConfigurationError(f"{len(missing)} migrations are not applied yet: run turnlog migrate")


def check(applied: Iterable[Applied], known: Iterable[Migration], hash_key_fingerprint: str) -> None:
    """Raises ConfigurationError where what was applied is not what we would apply.

    What a newer version added after our last one is none of our business: versions run side by side, and back.
    """
    accepted = {migration.name: migration.accepted for migration in known}
    newest = max(accepted, default="")
    for record in applied:
        if record.hash_key_fingerprint != hash_key_fingerprint:
            raise ConfigurationError(
                "this database was made with another hash key: set TURNLOG_HASH_KEY to that one, "
                "or name a new database in TURNLOG_CLICKHOUSE_DATABASE"
            )
        if record.name <= newest and record.checksum not in accepted.get(record.name, ()):
            raise ConfigurationError(
                f"migration {record.name} was applied to this database in another form: "
                "use the version of turnlog that made it, or a newer one"
            )


def _applied(client: Database, database: str) -> list[Applied]:
    try:
        rows = client.query(
            "SELECT name, checksum, hash_key_fingerprint FROM {data:Identifier}.schema_migrations FINAL ORDER BY name",
            {"data": f"{database}_data"},
        )
    except Refused as error:
        if error.code in (UNKNOWN_DATABASE, UNKNOWN_TABLE):
            return []
        raise
    return [Applied(**row) for row in rows]


def _record(client: Database, database: str, record: Applied) -> None:
    client.insert(f"{database}_data.schema_migrations", Applied._fields, [[value] for value in record])


def schema(client: Database, database: str) -> str:
    """What a migrated database holds, as the server spells it: every table and view, with `{database}` for its name.

    This is the normal form in which `schema.sql` and the sum of the migrations are compared.
    """
    rows = client.query(
        "SELECT database, formatQuery(create_table_query) AS statement FROM system.tables "
        "WHERE database IN ({views:String}, {data:String}) ORDER BY database != {data:String}, name",
        {"views": database, "data": f"{database}_data"},
    )
    statements = [re.sub(rf"\b{database}(?=_data\.|\.)", "{database}", row["statement"]) for row in rows]
    return "".join(f"{statement};\n\n" for statement in statements).rstrip("\n") + "\n"
