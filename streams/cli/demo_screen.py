"""What the demonstration shows: a few lines that move while it runs, and tables at its end."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streams.cli import tables
from streams.demo.moment import Moment, Sent
from streams.demo.run import Report
from streams.demo.totals import Equation, open_jobs
from streams.topology import NAMES

JOBS_SHOWN, FACTS_SHOWN, LETTERS_SHOWN = 12, 40, 15
BAR = 34


class Progress:
    """The moving part; between `with` and its end `show` changes it."""

    def __init__(self, console: Console, records: int) -> None:
        self._records = records
        self._live = Live(self._render(None), console=console, refresh_per_second=8)

    def show(self, moment: Moment) -> None:
        self._live.update(self._render(moment))

    def _render(self, moment: Moment | None) -> RenderableType:
        sent = moment.sent if moment else Sent()
        jobs = moment.jobs if moment else {}
        known = sum(jobs.values())
        grid = Table.grid(padding=(0, 2))
        grid.add_row("published", _bar(sent.acknowledged, self._records), _of(sent.acknowledged, self._records))
        grid.add_row("jobs done", _bar(known - sum(open_jobs(jobs).values()), known), _of_jobs(jobs))
        return Group(grid, _numbers(moment), _lags(moment), Text())

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._live.stop()


def print_report(console: Console, report: Report) -> None:
    """Jobs, facts with the quotes that prove them, dead letters with reasons, equations, rates."""
    totals = report.totals
    jobs, facts, letters = report.jobs[:JOBS_SHOWN], report.facts[:FACTS_SHOWN], report.letters[:LETTERS_SHOWN]
    if jobs:
        console.print(tables.jobs("Jobs", (job._asdict() for job in jobs)))
        _print_rest(console, len(jobs), sum(report.jobs_of_run.values()), "turnlog up, then turnlog jobs")
    if facts:
        console.print(tables.facts_of_run("Facts, and the words that prove them", facts))
        _print_rest(
            console,
            len(facts),
            max(totals.facts, len(report.facts)),
            "turnlog up, then turnlog facts --org ... --user ...",
        )
    if letters:
        console.print(tables.letters("Dead letters", letters))
        _print_rest(console, len(letters), totals.dead_letters, "turnlog up, then turnlog dead-letters")
    for equation in report.equations:
        console.print(_equation(equation), soft_wrap=True)
    console.print(_rates(report))


def _print_rest(console: Console, shown: int, total: int, command: str) -> None:
    if total > shown:
        console.print(f"… and {total - shown:,} more: {command}\n", style="dim")


def _equation(equation: Equation) -> Text:
    mark = Text("✓ ", style="green") if equation.holds else Text("✗ ", style="red")
    return mark.append(str(equation))


def _rates(report: Report) -> Text:
    totals = report.totals
    turns = totals.turns + totals.turns_duplicate + totals.turns_conflicting
    seconds = max(totals.seconds, 0.001)
    text = Text("\n")
    if totals.resubmitted and not totals.accepted:
        text.append("All of this was known: nothing was stored, extracted or paid for again.\n", style="bold green")
    text.append(f"{totals.turns:,} new turns, {totals.facts:,} new facts", style="bold")
    text.append(f", {totals.extractions:,} extractions computed, {totals.journal_hits:,} from the journal")
    text.append(f"\n{seconds:.1f} s from the first record to the last row: {turns / seconds:,.0f} turns/s, ")
    return text.append(f"{totals.published / seconds:,.0f} submissions/s")


def _bar(done: int, total: int) -> ProgressBar:
    return ProgressBar(total=max(total, 1), completed=done, width=BAR)


def _of(done: int, total: int) -> str:
    return f"{done:,} of {total:,} records"


def _of_jobs(jobs: Mapping[str, int]) -> str:
    waiting = open_jobs(jobs)
    told = "".join(f", {number:,} {name}" for name, number in waiting.items())
    known = sum(jobs.values())
    return f"{known - sum(waiting.values()):,} of {known:,}{told}"


def _numbers(moment: Moment | None) -> Text:
    totals = moment.counted.totals if moment else None
    names = {
        "accepted": totals.accepted if totals else 0,
        "resubmitted": totals.resubmitted if totals else 0,
        "refused": totals.refused if totals else 0,
        "turns": totals.turns_stored if totals else 0,
        "windows": totals.windows_resolved if totals else 0,
        "facts": totals.facts if totals else 0,
        "dead letters": totals.dead_letters if totals else 0,
    }
    text = Text()
    for name, number in names.items():
        text.append(f"{name} ", style="dim").append(f"{number:,}  ", style="bold")
    return text


def _lags(moment: Moment | None) -> Text:
    known = {stage.stage: stage.records for stage in moment.lag} if moment else {}
    text = Text("lag  ", style="dim")
    for place, name in enumerate(NAMES):
        number = known.get(name, 0)
        text.append("  " if place else "").append(f"{name} ", style="dim")
        text.append(f"{number:,}", style="yellow" if number else "green")
    return text
