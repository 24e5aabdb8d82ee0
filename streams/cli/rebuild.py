"""`turnlog rebuild`: the database again, from Kafka."""

import asyncio
from pathlib import Path

import click

from streams.admin.live import follow_live
from streams.admin.rebuild import forget_rows_written
from streams.cli import options
from streams.cli.connection import settings_of


@click.command()
@options.state_dir
def rebuild(state_dir: Path | None) -> None:
    """Have every row written again from Kafka, after the database was lost, dropped or damaged.

    Makes the tables and sends the sinks back to the first records; the rows come as soon as workers run again. Stop the
    workers before. Nothing is extracted or decided anew. Where another generation than the first was live, name it in
    TURNLOG_GENERATION, and promote it again afterwards: that alone stood in the database.
    """
    for group in asyncio.run(forget_rows_written(follow_live(settings_of(state_dir)))):
        click.echo(f"from the start  {group}")
