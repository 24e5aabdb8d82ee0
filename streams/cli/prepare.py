"""`turnlog topics ensure` and `turnlog migrate`: what must be there before a worker starts."""

import asyncio
from pathlib import Path

import click

from streams.admin.prepare import make_topics, migrate_database
from streams.cli import options
from streams.cli.connection import settings_of


@click.group()
def topics() -> None:
    """Kafka's topics."""


@topics.command()
@options.state_dir
def ensure(state_dir: Path | None) -> None:
    """Create the topics that are missing and verify the others. One that differs is refused, and nothing is changed."""
    ensured = asyncio.run(make_topics(settings_of(state_dir, "kafka")))
    for name in ensured.created:
        click.echo(f"created   {name}")
    for name in ensured.verified:
        click.echo(f"verified  {name}")


@click.command()
@options.state_dir
def migrate(state_dir: Path | None) -> None:
    """Bring the database up to the newest migration. The second time there is nothing to do."""
    applied = migrate_database(settings_of(state_dir, "clickhouse"))
    for name in applied:
        click.echo(f"applied   {name}")
    if not applied:
        click.echo("nothing to apply")
