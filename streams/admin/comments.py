"""What the columns of the public views mean, in the database itself: every tool that lists columns shows it."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from streams.adapters.clickhouse import Database

EXAMPLES = {"UInt32": "1", "String": "''", "DateTime64(3, 'UTC')": "'2026-01-01 00:00:00'"}
"""A value of each type that a parameter of a view can have."""


class View(NamedTuple):
    """A public view. `parameters`: what it asks for, by name, with its type."""

    name: str
    comment: str
    parameters: dict[str, str]

    @property
    def called(self) -> str:
        """How it is named in FROM; a view that asks for something with an example of it."""
        values = ", ".join(f"{name} = {EXAMPLES[kind]}" for name, kind in self.parameters.items())
        return f"{self.name}({values})" if values else self.name


class Column(NamedTuple):
    """A column as the database has it. Views with parameters keep no comments."""

    name: str
    type: str
    comment: str


def comment(view: str, column: str) -> str | None:
    """What a column means; None: nobody said."""
    named = _comments()
    found = named.get(view, {}).get(column) or named[""].get(column)
    return found and str(found)


@cache
def _comments() -> dict[str, dict[str, str]]:
    """By view; "": in every view."""
    told = tomllib.loads((files("infra.clickhouse") / "comments.toml").read_text(encoding="utf-8"))
    return {"": told["columns"], **told["only"]}


def views(client: Database, database: str) -> list[View]:
    """The public views, by name."""
    rows = client.query(
        "SELECT name, comment, as_select FROM system.tables WHERE database = {database:String} ORDER BY name",
        {"database": database},
    )
    return [View(row["name"], row["comment"], _parameters(row["as_select"])) for row in rows]


def _parameters(select: str) -> dict[str, str]:
    return dict(re.findall(r"\{(\w+):([^}]+)\}", select))


def columns(client: Database, database: str, view: View) -> list[Column]:
    """The columns of a view, in order."""
    rows = client.query(f"DESCRIBE TABLE {database}.{view.called}")
    return [Column(row["name"], row["type"], row["comment"]) for row in rows]


def write_comments(client: Database, database: str) -> None:
    """Put into the database what it does not say yet. Nothing is left to do the second time."""
    for view in views(client, database):
        if view.parameters:
            continue
        changes = ", ".join(_changes(view.name, columns(client, database, view)))
        if changes:
            client.execute(f"ALTER TABLE {database}.{view.name} {changes}")


def _changes(view: str, known: list[Column]) -> Iterator[str]:
    for column in known:
        wanted = comment(view, column.name) or ""
        if wanted != column.comment:
            text = wanted.replace("\\", "\\\\").replace("'", "\\'")
            yield f"COMMENT COLUMN `{column.name}` '{text}'"
