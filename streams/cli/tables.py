"""Jobs, facts and dead letters as tables for a screen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from streams.cli.screen import plain, state, table
from streams.demo.queries import FactOfRun
from streams.query.results import Fact, Letter

ID_SHOWN = 8


def facts(title: str, found: Iterable[Fact]) -> Table:
    """Facts of one person."""
    shown = table(title, "fact", "type", "said", "quote", "turn", "times", right=["times"])
    for fact in found:
        quote, turn = next(((p["quote"], p["turn_id"]) for p in fact.evidence if p["quote"]), (None, ""))
        said = f"{fact.mentioned_at:%Y-%m-%d}"
        shown.add_row(
            _content(fact.content, fact.status), fact.type, said, _quote(quote), turn[:ID_SHOWN], f"{fact.confirmations:,}"
        )
    return shown


def facts_of_run(title: str, found: Iterable[FactOfRun]) -> Table:
    """Facts of several people, whose names stand before the first of theirs."""
    shown = table(title, "whose", "fact", "type", "quote", "said")
    whose = ""
    for fact in found:
        scope = f"{fact.org_id}/{fact.user_id}"
        name = Text("") if scope == whose else plain(scope)
        content, quote = _content(fact.content, fact.status), _quote(fact.quote)
        shown.add_row(name, content, fact.type, quote, f"{fact.mentioned_at:%Y-%m-%d}")
        whose = scope
    return shown


def jobs(title: str, found: Iterable[Mapping[str, Any]]) -> Table:
    """Jobs with their states and what they brought."""
    shown = table(title, "job", "conversation", "state", "turns", "known", "windows", "facts", right=NUMBERS)
    for job in found:
        whose = "/".join((job["org_id"], job["user_id"], job["session_id"]))
        reason = f" ({job['reason']})" if job["reason"] else ""
        shown.add_row(
            plain(job["job_id"][:16]),
            plain(whose),
            state(job["state"]).append(reason, style="dim"),
            *(f"{job[name]:,}" for name in ("turns_stored", "turns_duplicate", "windows", "facts_created")),
        )
    return shown


def letters(title: str, found: Iterable[Letter]) -> Table:
    """Dead letters with their reasons."""
    shown = table(title, "what", "code", "reason", "whose", "record")
    for letter in found:
        whose = "/".join(filter(None, (letter.org_id, letter.user_id, letter.session_id)))
        place = f"{letter.source_topic}/{letter.source_partition}@{letter.source_offset}"
        shown.add_row(letter.subject, Text(letter.code, style="red"), plain(letter.message), plain(whose), place)
    return shown


def record(title: str, row: Mapping[str, Any]) -> Table:
    """One row, a field a line."""
    shown = table(title, "field", "value")
    for name, value in row.items():
        shown.add_row(name, plain(value))
    return shown


def rows(found: Sequence[Mapping[str, Any]]) -> Table:
    """Any rows that have the same columns."""
    shown = table("", *found[0])
    for row in found:
        shown.add_row(*map(plain, row.values()))
    return shown


NUMBERS = ("turns", "known", "windows", "facts")


def _content(content: str, status: str) -> Text:
    text = plain(content)
    text.style = "bold" if status == "active" else "dim strike"
    return text


def _quote(quote: str | None) -> Text:
    return plain(f"“{quote}”" if quote else "")
