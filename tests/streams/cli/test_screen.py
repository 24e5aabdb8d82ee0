"""What people wrote is shown as it stands and never steers the terminal."""

import json
from datetime import UTC, datetime

from rich.console import Console

from streams.cli.screen import as_line, plain, table


def test_control_characters_and_markup_are_only_shown() -> None:
    assert plain("a\x1b[31mb\nc\u202e[bold]d[/]").plain == "a [31mb c [bold]d[/]"


def test_markup_in_a_cell_stays_text() -> None:
    shown = table("", "text")
    shown.add_row(plain("[red]x[/] [link=http://a]y[/]"))
    console = Console(width=80)
    with console.capture() as captured:
        console.print(shown)
    assert "[red]x[/] [link=http://a]y[/]" in captured.get()


def test_a_line_of_json_holds_every_kind_of_value() -> None:
    row = {"at": datetime(2026, 1, 1, tzinfo=UTC), "big": 1 << 70, "bytes": b"\xff", "text": "é", "none": None}
    assert json.loads(as_line(row)) == {
        "at": "2026-01-01T00:00:00+00:00",
        "big": 1 << 70,
        "bytes": "ff",
        "text": "é",
        "none": None,
    }
    assert "\n" not in as_line({"text": "a\nb"})
