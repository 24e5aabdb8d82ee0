"""`turnlog generations`: which derivations of the conversation log there are, and which of them readers see."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from streams.adapters.clickhouse import open_database
from streams.adapters.kafka import open_kafka
from streams.admin import generations as admin
from streams.admin.live import Live
from streams.cli import options
from streams.cli.connection import settings_of
from streams.cli.screen import out, print_lines, table

generation_number = click.argument("generation", type=click.IntRange(1))


@click.group()
def generations() -> None:
    """Derivations of the conversation log; readers see one of them."""


@generations.command("list")
@options.as_json
@options.state_dir
def list_all(as_json: bool, state_dir: Path | None) -> None:
    """Every generation: what it holds, what it was derived with, whether it has caught up with the live one."""
    found = asyncio.run(_survey(state_dir))
    if as_json:
        print_lines(each._asdict() | {"caught_up": each.caught_up} for each in found)
    else:
        out.print(_table(found))


@generations.command()
@generation_number
@click.option("--wait", type=click.FloatRange(0), default=10.0, show_default=True, help="Seconds it may still need.")
@click.option("--force", is_flag=True, help="Though it has not caught up.")
@options.state_dir
def promote(generation: int, wait: float, force: bool, state_dir: Path | None) -> None:
    """Let readers see GENERATION: all views change over in one moment."""

    async def run() -> Live:
        async with _places(state_dir) as places:
            return await admin.promote(places, generation, force=force, wait_s=wait)

    _tell(asyncio.run(run()))


@generations.command()
@options.state_dir
def rollback(state_dir: Path | None) -> None:
    """Let readers see the generation that was live before, as far as its workers have kept it."""

    async def run() -> Live:
        async with _places(state_dir) as places:
            return await admin.roll_back(places)

    _tell(asyncio.run(run()))


@generations.command()
@generation_number
@click.option("--yes", is_flag=True, help="Really: it cannot be taken back, only derived again.")
@options.state_dir
def drop(generation: int, yes: bool, state_dir: Path | None) -> None:
    """Give GENERATION up: its rows, topics and consumer groups. Its number is not used again."""
    if not yes:
        raise click.UsageError(f"this removes the rows and topics of generation {generation}: add --yes")

    async def run() -> list[str]:
        async with _places(state_dir) as places:
            return await admin.drop(places, generation)

    for what in (dropped := asyncio.run(run())):
        click.echo(f"dropped  {what}")
    if not dropped:
        click.echo(f"nothing was left of generation {generation}")


@asynccontextmanager
async def _places(state_dir: Path | None) -> AsyncIterator[admin.Places]:
    settings = settings_of(state_dir)
    database = open_database(settings)
    try:
        async with open_kafka(settings) as kafka:
            yield admin.Places(settings, kafka, database)
    finally:
        database.close()


async def _survey(state_dir: Path | None) -> list[admin.Generation]:
    async with _places(state_dir) as places:
        return await admin.survey(places)


def _tell(live: Live) -> None:
    number = live.generation
    click.echo(f"generation {number} is live")
    click.echo(
        "Workers that name no TURNLOG_GENERATION run it after their next start; until then theirs go on. "
        f"TURNLOG_GENERATION={live.before[-1]} turnlog worker keeps the one before up to date."
        if live.before
        else "Workers that name no TURNLOG_GENERATION run it after their next start."
    )


def _table(found: list[admin.Generation]) -> Table:
    right = ("generation", "windows", "facts")
    shown = table("", "generation", "", "windows", "facts", "extractor", "model", "prompt", "behind", right=right)
    for each in found:
        shown.add_row(
            str(each.generation),
            Text("live", style="green") if each.live else "",
            f"{each.windows:,}",
            f"{each.facts:,}",
            ", ".join(each.extractors),
            ", ".join(filter(None, each.models)),
            ", ".join(filter(None, each.prompt_versions)),
            _behind(each),
        )
    return shown


def _behind(each: admin.Generation) -> Text:
    if not each.topics:
        return Text("no topics", style="dim")
    if each.caught_up:
        return Text("caught up", style="dim" if each.live else "green")
    return Text(", ".join(f"{stage} {records:,}" for stage, records in each.behind.items()))
