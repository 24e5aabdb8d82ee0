"""The root of the command line. A command is imported when it is called for, so that each starts as fast as it can."""

import importlib
import logging
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from types import FrameType
from typing import Any

import click

from streams.cli.exits import EPILOG, CommandFailed, ExitCode
from streams.errors import TurnlogError

COMMANDS: Mapping[str, str] = {
    "demo": "streams.cli.demo:demo",
    "up": "streams.cli.local:up",
    "down": "streams.cli.local:down",
    "status": "streams.cli.status:status",
    "publish": "streams.cli.publish:publish_file",
    "facts": "streams.cli.look:facts",
    "jobs": "streams.cli.look:jobs",
    "dead-letters": "streams.cli.look:dead_letters",
    "sql": "streams.cli.look:sql",
    "dump": "streams.cli.look:dump",
    "topics": "streams.cli.prepare:topics",
    "migrate": "streams.cli.prepare:migrate",
    "rebuild": "streams.cli.rebuild:rebuild",
    "generations": "streams.cli.generations:generations",
    "worker": "streams.cli.work:worker",
    "describe": "streams.cli.describe:describe",
    "soak": "streams.cli.soak:soak",
    "bench": "streams.cli.bench:bench",
    "stage": "streams.cli.work:stage",
    "standby": "streams.cli.work:standby",
    "supervise": "streams.cli.local:supervise",
}
"""In the order in which they are listed."""


class Commands(click.Group):
    """Finds a command by its name; errors of ours become a message and an exit code here and nowhere else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = get_close_matches(args[0], COMMANDS, n=1)
            raise click.UsageError(
                f"{error.message} Did you mean {close[0]}?" if close else error.message, ctx
            ) from None

    def invoke(self, ctx: click.Context) -> Any:
        with ending_by_sigterm():
            try:
                return super().invoke(ctx)
            except TurnlogError as error:
                raise CommandFailed(error) from error
            except KeyboardInterrupt:
                raise click.exceptions.Exit(ExitCode.INTERRUPTED) from None


@contextmanager
def ending_by_sigterm() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: what is in progress is left in order."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(ExitCode.TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="turnlog")
def turnlog() -> None:
    """Conversation turns in on Kafka, facts and job states out in ClickHouse: exactly once.

    Settings come from the environment (TURNLOG_KAFKA, TURNLOG_CLICKHOUSE and others). Without them commands use the
    local services that `turnlog up` or `turnlog demo` started.
    """
    # the clients' own words would spoil the screen: what they tell comes back as an error
    logging.getLogger().addHandler(logging.NullHandler())
