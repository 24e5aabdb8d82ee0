"""`turnlog worker` and the hidden `stage`: run stages against the configured Kafka and ClickHouse."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import click

from schemas.topics import GENERATION_STAGES
from streams.admin.live import follow_live, live_generation, verify_not_dropped
from streams.admin.prepare import verify_prepared
from streams.cli import options
from streams.cli.connection import read_settings, settings_of
from streams.engine import make_room
from streams.errors import TransientError
from streams.monitor.logs import log_to_stderr
from streams.runs import FINAL
from streams.topology import NAMES, load, stages_beside

log = logging.getLogger(__name__)


@click.command()
@click.argument("stages", nargs=-1, type=click.Choice(NAMES), metavar="[STAGE]...")
@options.state_dir
def worker(stages: tuple[str, ...], state_dir: Path | None) -> None:
    """Run stages (all of them unless some are named), each in a process of its own.

    Without TURNLOG_GENERATION they belong to the live generation. For another one only its own stages are run: window,
    resolve and sink-facts; a worker of the live generation runs those that serve all.

    One that exits is started again, after a pause that grows. SIGTERM and Ctrl-C stop all of them cleanly.
    """
    settings = follow_live(settings_of(state_dir))
    asyncio.run(verify_prepared(settings))
    if settings.tables_dir is not None:
        make_room(settings.tables_dir)
    chosen = stages or stages_beside(settings.generation, live=live_generation(settings))
    log_to_stderr(settings.log)
    log.info("action=worker_starts generation=%d stages=%s", settings.generation, ",".join(chosen))
    # needs nothing of the extra for local mode
    from streams.local.child import module_environment, stage_arguments, stage_command
    from streams.local.signals import ending_calls
    from streams.local.supervisor import Part, Supervisor
    from streams.monitor.above import running_stages, watched

    supervisor = Supervisor()
    with watched(settings.http, lambda: running_stages(supervisor.parts())) as address, ending_calls(supervisor.stop):
        environment = {
            **module_environment(),
            "TURNLOG_KAFKA": settings.kafka,
            "TURNLOG_CLICKHOUSE": settings.clickhouse,
            "TURNLOG_GENERATION": str(settings.generation),
            "TURNLOG_HTTP": address,
        }
        supervisor.add(
            Part(
                name,
                stage_command(name),
                env=environment,
                final=FINAL,
                standby=stage_arguments(name) if settings.standby else (),
            )
            for name in chosen
        )
        supervisor.run()


@click.command(hidden=True)
@click.argument("name", type=click.Choice(NAMES))
def stage(name: str) -> None:
    """Run one stage in this process.

    \b
    Exit codes: 0 asked to stop, 1 crash, 10 fenced by a successor, 11 refused by Kafka, 12 gap in positions,
    13 stuck, 14 records lost to retention, 15 the stage failed, 16 hanging transaction, 17 positions disagree,
    18 another hash key, or other settings of a generation, 19 crashes at one record after the other (not started
    again), 20 the stage's own code does not come back.
    """
    settings = read_settings()
    log_to_stderr(settings.log)
    if name in GENERATION_STAGES:
        with suppress(TransientError):  # the database is away: whoever needs it waits for it
            verify_not_dropped(settings)
    from streams.topology import run_stage

    run_stage(name, settings)


@click.command(hidden=True)
@click.pass_context
def standby(context: click.Context) -> None:
    """Load everything that a stage needs, wait for a line with a task, and do it."""
    load(read_settings())
    from setproctitle import setproctitle

    from streams.cli.turnlog import turnlog
    from streams.local.standby import wait_for_task

    arguments = wait_for_task()
    if arguments is None:
        return
    setproctitle(" ".join(["turnlog", *arguments]))
    turnlog(list(arguments), prog_name="turnlog")
