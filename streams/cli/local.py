"""`turnlog up`, `down` and the hidden `supervise`: the local services without data."""

from pathlib import Path

import click

from streams.cli import options, stack
from streams.cli.connection import read_settings
from streams.cli.screen import as_line, err


@click.command()
@options.as_json
@options.state_dir
def up(as_json: bool, state_dir: Path | None) -> None:
    """Start local Kafka, ClickHouse and workers; say where they listen. They stay until `turnlog down`."""
    settings = read_settings()
    with err.status("starting") as status:
        endpoints = stack.start(state_dir or settings.state_dir, settings, status.update)
    if as_json:
        click.echo(as_line(endpoints._asdict()))
        return
    click.echo(f"export TURNLOG_KAFKA={endpoints.kafka}")
    click.echo(f"export TURNLOG_CLICKHOUSE={endpoints.clickhouse}")


@click.command()
@options.state_dir
def down(state_dir: Path | None) -> None:
    """Stop the local services. What they stored stays for the next time."""
    with err.status("stopping"):
        stopped = stack.stop(state_dir or read_settings().state_dir)
    click.echo("stopped" if stopped else "nothing was running")


@click.command(hidden=True)
@options.state_dir
def supervise(state_dir: Path | None) -> None:
    """Run the local services in this process until it is told to end. `turnlog up` starts it."""
    settings = read_settings()
    stack.serve(state_dir or settings.state_dir, settings, lambda line: click.echo(line))
