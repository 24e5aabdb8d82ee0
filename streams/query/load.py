"""Queries live in `.sql` files beside the code that asks: a description in leading comments, then one SELECT."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from streams.adapters.clickhouse import Database


class Query(NamedTuple):
    """A named SELECT over the public views. Its parameters stand in it as `{name:Type}` and are always bound."""

    name: str
    description: str
    sql: str

    def run(self, client: Database, **parameters: object) -> list[dict[str, Any]]:
        """Its rows. `client` must look up names in the database of the public views."""
        return client.query(self.sql, parameters)


def parse(name: str, text: str) -> Query:
    """A query from its file. Raises ValueError where it does not say what it is for."""
    lines = text.strip().splitlines()
    comments = [line for line in lines if line.startswith("--")]
    description = " ".join(line.removeprefix("--").strip() for line in comments)
    if not description or lines[: len(comments)] != comments:
        raise ValueError(f"{name}.sql must begin with a comment that describes it")
    return Query(name, description, "\n".join(lines[len(comments) :]))


def load(package: str) -> Mapping[str, Query]:
    """Every query of a package, by name."""
    found = [file for file in files(package).iterdir() if file.name.endswith(".sql")]
    queries = [parse(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in found]
    return {query.name: query for query in sorted(queries)}
