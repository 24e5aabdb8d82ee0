"""`turnlog topics ensure` and `turnlog migrate`: what must be there before a worker starts."""

import asyncio
from contextlib import suppress
from pathlib import Path

import click

from streams.admin.live import follow_live, verify_not_dropped
from streams.admin.prepare import make_topics, migrate_database, set_topics_right
from streams.cli import options
from streams.cli.connection import read_settings, settings_of
from streams.errors import TransientError
from streams.settings import Settings


@click.group()
def topics() -> None:
    """Kafka's topics."""


@topics.command()
@click.option("--alter", is_flag=True, help="First set the settings of topics that differ to what they must be.")
@options.state_dir
def ensure(alter: bool, state_dir: Path | None) -> None:
    """Create the topics that are missing and verify the others. One that differs is refused, and nothing is changed."""
    settings = _of_generation(state_dir)
    for difference in asyncio.run(set_topics_right(settings)) if alter else ():
        click.echo(f"altered   {difference.topic}: {difference.what} from {difference.found} to {difference.wanted}")
    ensured = asyncio.run(make_topics(settings))
    for name in ensured.created:
        click.echo(f"created   {name}")
    for name in ensured.verified:
        click.echo(f"verified  {name}")


def _of_generation(state_dir: Path | None) -> Settings:
    """Of the live generation, unless another one is named; where ClickHouse is not named or away, of the first."""
    named = read_settings().model_fields_set
    if "kafka" in named and "clickhouse" not in named:
        return settings_of(state_dir, "kafka")
    settings = settings_of(state_dir)
    with suppress(TransientError):  # topics may be made before there is a database
        settings = follow_live(settings)
        verify_not_dropped(settings)
    return settings


@click.command()
@options.state_dir
def migrate(state_dir: Path | None) -> None:
    """Bring the database up to the newest migration. The second time there is nothing to do."""
    applied = migrate_database(settings_of(state_dir, "clickhouse"))
    for name in applied:
        click.echo(f"applied   {name}")
    if not applied:
        click.echo("nothing to apply")
