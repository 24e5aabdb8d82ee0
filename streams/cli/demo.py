"""`turnlog demo`: conversations in, facts out, on one machine, from nothing."""

import asyncio
from importlib.resources import as_file, files
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from streams.cli import options
from streams.cli.connection import read_settings
from streams.cli.demo_screen import Progress, print_report
from streams.cli.screen import as_line, err, out
from streams.cli.stack import Services, logs, services
from streams.demo.conversations import Conversations, survey
from streams.demo.run import Report, run_demo
from streams.publish.publish import Incomplete

SAMPLES = "conversations.jsonl"


@click.command()
@click.option(
    "--input",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON lines, plain or .gz: submissions, or turns (source, conversation_id, session_id, role, text).",
)
@click.option("--people", is_flag=True, help="Talk between people: every speaker is a user.")
@click.option("--keep", is_flag=True, help="Leave everything running at the end; `turnlog down` stops it.")
@options.patience(120)
@click.option("--json", "as_json", is_flag=True, help="The last line is one object with this run's totals.")
@options.state_dir
def demo(file: Path | None, people: bool, keep: bool, patience: float, as_json: bool, state_dir: Path | None) -> None:
    """Start everything, publish conversations, wait until every job has ended, show what was learnt, stop everything.

    A second run on the same folder finds nothing new. Services that run already (`turnlog up`) are used and left.
    """
    settings = read_settings()
    folder = state_dir or settings.state_dir
    console = err if as_json else out
    with as_file(files("infra.samples") / SAMPLES) as samples:
        conversations = survey(file or samples, people=people)
        with console.status("starting") as status:
            opened = services(folder, settings, lambda line: status.update(line), keep=keep)
            with opened as running:
                status.stop()
                _greet(console, conversations, running)
                report = _run(console, conversations, running, patience, folder)
                print_report(console, report)
                status.start()
    if not running.ours:
        console.print("everything is still running: turnlog down stops it", style="dim")
    if as_json:
        click.echo(as_line(report.totals._asdict()))


def _greet(console: Console, conversations: Conversations, running: Services) -> None:
    name, settings = conversations.path.name, running.settings
    console.print(Text.assemble(("turnlog", "bold"), f"  {conversations.records:,} records from {name}"))
    places = f"Kafka {settings.kafka}   ClickHouse {settings.clickhouse}   extractor {settings.extractor}\n"
    console.print(places, style="dim")


def _run(
    console: Console, conversations: Conversations, running: Services, patience: float, folder: Path | None
) -> Report:
    try:
        with Progress(console, conversations.records) as progress:
            return asyncio.run(run_demo(conversations, running.settings, progress.show, patience_s=patience))
    except Incomplete as error:
        raise Incomplete(f"{error}\nWhat the workers say is in {logs(folder)}") from error
