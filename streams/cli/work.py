"""`turnlog worker` and the hidden `stage`: run stages against the configured Kafka and ClickHouse."""

import asyncio
import logging
import sys
from pathlib import Path

import click

from streams.admin.prepare import verify_prepared
from streams.cli import options
from streams.cli.connection import read_settings, settings_of
from streams.topology import NAMES

LOG_FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


@click.command()
@click.argument("stages", nargs=-1, type=click.Choice(NAMES), metavar="[STAGE]...")
@options.state_dir
def worker(stages: tuple[str, ...], state_dir: Path | None) -> None:
    """Run stages (all of them unless some are named), each in a process of its own.

    One that exits is started again, after a pause that grows. SIGTERM and Ctrl-C stop all of them cleanly.
    """
    settings = settings_of(state_dir)
    asyncio.run(verify_prepared(settings))
    log_to_stderr()
    # needs nothing of the extra for local mode
    from streams.local.child import module_command, module_environment
    from streams.local.signals import ending_calls
    from streams.local.supervisor import Part, Supervisor

    environment = {
        **module_environment(),
        "TURNLOG_KAFKA": settings.kafka,
        "TURNLOG_CLICKHOUSE": settings.clickhouse,
    }
    chosen = stages or NAMES
    parts = [Part(name, module_command("streams", ["stage", name]), env=environment) for name in chosen]
    supervisor = Supervisor(parts)
    with ending_calls(supervisor.stop):
        supervisor.run()


@click.command(hidden=True)
@click.argument("name", type=click.Choice(NAMES))
def stage(name: str) -> None:
    """Run one stage in this process.

    \b
    Exit codes: 0 asked to stop, 1 crash, 10 fenced by a successor, 11 refused by Kafka, 12 gap in positions,
    13 stuck, 14 records lost to retention, 15 the stage failed, 16 hanging transaction, 17 positions disagree,
    18 another hash key.
    """
    log_to_stderr()
    from streams.topology import run_stage

    run_stage(name, read_settings())


def log_to_stderr() -> None:
    """A process that nobody watches tells what happens, a line each."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=LOG_FORM, force=True)
    for library in ("aiokafka", "faust", "mode"):
        logging.getLogger(library).setLevel(logging.WARNING)
