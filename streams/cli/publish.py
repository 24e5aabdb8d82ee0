"""`turnlog publish`: a file's submissions onto the publishers' topic."""

import asyncio
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.adapters.kafka import open_kafka
from streams.adapters.kafka_publisher import open_publisher
from streams.admin.topics import find_record_limit
from streams.cli import options
from streams.cli.connection import settings_of
from streams.cli.screen import as_line, err
from streams.cli.standard_input import as_file
from streams.publish.entries import read_entries
from streams.publish.lines import read_lines
from streams.publish.publish import Incomplete, Published, publish
from streams.settings import Settings

SHOW_EVERY_S = 0.2


@click.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Records a second at most.")
@click.option("--people", is_flag=True, help="Talk between people: every speaker is a user.")
@options.patience(300)
@options.as_json
@options.state_dir
def publish_file(
    file: Path, rate: float | None, people: bool, patience: float, as_json: bool, state_dir: Path | None
) -> None:
    """Publish a FILE of submissions, or of turns, as JSON lines (also .gz); say what Kafka acknowledged.

    `-` is standard input, read to its end before the first record is sent.
    Publishing the same file again does no harm: what is known is recognised.
    """
    with as_file(file) as path:
        total = sum(1 for _ in read_entries(read_lines(path), people=people))
        published = asyncio.run(_publish(path, total, rate, people, patience, settings_of(state_dir, "kafka")))
    about = {
        "records": total,
        "acknowledged": published.acknowledged,
        "submissions": published.submissions,
        "controls": published.controls,
        "turns": published.turns,
    }
    click.echo(as_line(about) if as_json else f"{published.acknowledged:,} of {total:,} records acknowledged")
    for failure in published.failures:
        err.print(f"line {failure.line}: {failure.reason}", markup=False)
    if published.acknowledged < total:
        why = f": {published.trouble}" if published.trouble else ""
        raise Incomplete(f"{total - published.acknowledged:,} records were not acknowledged{why}")


async def _publish(
    file: Path, total: int, rate: float | None, people: bool, patience: float, settings: Settings
) -> Published:
    published = Published()
    async with open_kafka(settings) as kafka:
        limit = await find_record_limit(kafka, settings.turns_topic)
    async with open_publisher(settings, max_record=limit, patience_s=patience) as publisher:
        entries = read_entries(read_lines(file), people=people)
        with _bar() as bar:
            shown = asyncio.create_task(_show(bar, total, published))
            try:
                await publish(entries, publisher, settings.turns_topic, published, rate=rate)
            finally:
                shown.cancel()
    return published


def _bar() -> Progress:
    columns = (SpinnerColumn(), TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


async def _show(bar: Progress, total: int, published: Published) -> None:
    task = bar.add_task("publishing", total=total)
    while True:
        bar.update(task, completed=published.acknowledged)
        await asyncio.sleep(SHOW_EVERY_S)
