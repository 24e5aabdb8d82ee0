"""Tables and lines of JSON: the two forms in which a command shows what it found."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

STATES = {
    "completed": "green",
    "completed_empty": "dim",
    "completed_partial": "yellow",
    "skipped_duplicate": "dim",
    "failed": "red",
    "dead_lettered": "red",
    "cancelled": "yellow",
}
"""The colour of each end state; the others are under way."""


def as_line(row: Mapping[str, Any]) -> str:
    """One object of JSON; what JSON has no form for is written as text."""
    return json.dumps(row, ensure_ascii=False, default=_text_of)


def print_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        click.echo(as_line(row))


def counted(number: int, noun: str) -> str:
    """1 job, 2 jobs."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def table(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table; the columns in `right` hold numbers."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def plain(value: object, *, style: str = "") -> Text:
    """A value as text that is shown as it stands: what people wrote is never markup, nor control of the terminal."""
    text = "" if value is None else value if isinstance(value, str) else _told(value)
    return Text("".join(letter if letter.isprintable() else " " for letter in text), style=style)


def state(name: str) -> Text:
    return Text(name, style=STATES.get(name, "cyan"))


def _told(value: object) -> str:
    match value:
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case bool() | int():
            return f"{value:,}" if not isinstance(value, bool) else str(value).lower()
        case list() | dict() | tuple():
            return json.dumps(value, ensure_ascii=False, default=_text_of)
        case _:
            return str(value)


def _text_of(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
