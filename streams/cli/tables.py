"""Jobs, facts and dead letters as tables for a screen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from streams.cli.screen import plain, state, table
from streams.demo.queries import FactOfRun
from streams.query.results import Fact, Letter

ID_SHOWN, ID_LONG = 8, 16
COLUMNS_ABREAST = 8
"""With more columns a row is shown a field a line."""
NUMBERS = ("turns", "known", "facts")


def facts(title: str, found: Iterable[Fact]) -> Table:
    """Facts of one person, under each the words that prove it and the turn they stand in."""
    shown = table(title, "fact", "type", "said", "times", right=["times"])
    for fact in found:
        latest_first = reversed(fact.evidence)
        quote, turn = next(((p["quote"], p["turn_id"]) for p in latest_first if p["quote"]), (None, ""))
        content = _proven(fact.content, fact.status, quote, turn)
        shown.add_row(content, fact.type, f"{fact.mentioned_at:%Y-%m-%d}", f"{fact.confirmations:,}")
    return shown


def facts_of_run(title: str, found: Iterable[FactOfRun]) -> Table:
    """Facts of several people, a section each."""
    shown = table(title, "fact", "type", "said")
    whose = None
    for fact in found:
        if (fact.org_id, fact.user_id) != whose:
            whose = fact.org_id, fact.user_id
            shown.add_section()
            shown.add_row(plain("/".join(whose), style="bold cyan"), "", "")
        content = _proven(fact.content, fact.status, fact.quote, fact.turn_id)
        shown.add_row(content, fact.type, f"{fact.mentioned_at:%Y-%m-%d}")
    return shown


def jobs(title: str, found: Iterable[Mapping[str, Any]]) -> Table:
    """Jobs with their states and what they brought."""
    shown = table(title, "job", "conversation", "state", "turns", "known", "facts", right=NUMBERS)
    for job in found:
        whose = "/".join((job["org_id"], job["user_id"], job["session_id"]))
        reason = f" {job['reason']}" if job["reason"] else ""
        job_id = job["job_id"]
        shown.add_row(
            plain(job_id[:ID_SHOWN] + "…" if len(job_id) > ID_LONG else job_id),
            plain(whose),
            state(job["state"]).append(reason, style="dim"),
            *(f"{job[name]:,}" for name in ("turns_stored", "turns_duplicate", "facts_created")),
        )
    return shown


def letters(title: str, found: Iterable[Letter]) -> Table:
    """Dead letters with their reasons."""
    shown = table(title, "code", "reason", "whose", "record")
    for letter in found:
        whose = "/".join(filter(None, (letter.org_id, letter.user_id, letter.session_id)))
        place = f"{letter.source_topic}/{letter.source_partition}@{letter.source_offset}"
        code = Text(letter.code, style="red", no_wrap=True)
        shown.add_row(code, plain(letter.message), plain(whose), Text(place, style="dim"))
    return shown


def record(title: str, row: Mapping[str, Any]) -> Table:
    """One row, a field a line."""
    shown = table(title, "field", "value")
    for name, value in row.items():
        shown.add_row(name, plain(value))
    return shown


def rows(found: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Any rows that have the same columns: one table, or one for each row where it has many columns."""
    if len(found[0]) > COLUMNS_ABREAST:
        return [record(f"row {number}", row) for number, row in enumerate(found, 1)]
    shown = table("", *found[0])
    for row in found:
        shown.add_row(*map(plain, row.values()))
    return [shown]


def number_of_rows(number: int) -> Text:
    return Text(f"{number:,} row{'' if number == 1 else 's'}", style="dim")


def _proven(content: str, status: str, quote: str | None, turn_id: str) -> Text:
    """A fact, and below it the quote with the turn where it was said."""
    text = plain(content, style="" if status == "active" else "dim strike")
    if quote:
        text.append(f"\n  {turn_id[:ID_SHOWN]} ", style="dim").append_text(plain(f"“{quote}”", style="dim italic"))
    return text
