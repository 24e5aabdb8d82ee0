"""`turnlog status`: is everything well?"""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.text import Text

from streams.admin.status import Part, StageStatus, Status, look_at
from streams.cli import options, stack
from streams.cli.connection import settings_of
from streams.cli.exits import ExitCode
from streams.cli.screen import as_line, out, plain, table
from streams.local.run_state import PartState, is_looping


@click.command()
@options.as_json
@options.state_dir
def status(as_json: bool, state_dir: Path | None) -> None:
    """Health of each part, lag of each stage, the oldest unfinished job, versions. Exits with 6 if a part is unwell."""
    settings = settings_of(state_dir)
    found = asyncio.run(look_at(settings))
    processes = stack.stages(state_dir or settings.state_dir, settings)
    found = found._replace(parts=(*found.parts, *troubled(processes, now=time.time())))
    if as_json:
        click.echo(as_line(_as_object(found, processes)))
    else:
        _print(found, processes)
    if not found.healthy:
        raise click.exceptions.Exit(ExitCode.UNHEALTHY)


def troubled(processes: Mapping[str, PartState], *, now: float) -> Iterator[Part]:
    """The stages of this machine that are not started again, or end again and again."""
    for stage, process in processes.items():
        if process.stopped:
            yield Part(stage, False, f"stopped for good (exit {process.last_exit}): its log says the way out")
        elif is_looping(process, now=now):
            yield Part(stage, False, f"ended {process.failures} times in a row, last with exit {process.last_exit}")


def _as_object(found: Status, processes: Mapping[str, PartState]) -> dict[str, object]:
    """`oldest_seconds`: how long the oldest record waits that a stage has still to read; `suspects`: partitions where
    it handles records one by one, because one of them crashed it; `given_up`: records of the last day that did so
    until they became dead letters. `restarts` and `exits` (by code) are only told where the workers are this machine's.
    """
    return {
        "healthy": found.healthy,
        "parts": {part.name: {"healthy": part.healthy, "detail": part.detail} for part in found.parts},
        "stages": {
            stage.stage: {
                "workers": stage.workers,
                "lag": stage.lag,
                "oldest_seconds": _waits(stage),
                "suspects": stage.suspects,
                "restarts": processes[stage.stage].restarts if stage.stage in processes else None,
                "exits": processes[stage.stage].exits if stage.stage in processes else None,
            }
            for stage in found.stages
        },
        "open_jobs": found.open_jobs,
        "stuck_jobs": found.stuck,
        "given_up": found.given_up,
        "oldest_open_job": found.oldest,
        "versions": found.versions,
    }


def _print(found: Status, processes: Mapping[str, PartState]) -> None:
    parts = table("", "part", "", "")
    for part in found.parts:
        mark = Text("✓ well", style="green") if part.healthy else Text("✗ unwell", style="red")
        parts.add_row(part.name, mark, plain(part.detail))
    out.print(parts)
    if found.stages:
        columns = ("workers", "lag", "oldest waits", *(("restarts", "exits") if processes else ()))
        stages = table("", "stage", *columns, right=columns)
        for stage in found.stages:
            waits = _waits(stage)
            numbers = [f"{stage.workers:,}", f"{stage.lag:,}", "" if waits is None else f"{waits:,.0f} s"]
            if process := processes.get(stage.stage):
                numbers += [f"{process.restarts:,}", _exits(process)]
            stages.add_row(stage.stage, *numbers)
        out.print(stages)
    out.print(_about_jobs(found))
    if found.given_up:
        out.print(Text(f"given up today after three crashes: {found.given_up:,} (dead letters INTERNAL)", style="red"))
    out.print(Text("  ".join(f"{name} {number}" for name, number in found.versions.items()), style="dim"))


def _exits(process: PartState) -> str:
    """How often it ended by itself, by exit code (negative: a signal)."""
    return " ".join(f"{code} ×{number}" for code, number in sorted(process.exits.items()))


def _about_jobs(found: Status) -> Text:
    if found.oldest is None:
        return Text("no job is open" if found.open_jobs == 0 else "jobs: not known")
    job = found.oldest
    whose = plain(f"{job['org_id']}/{job['user_id']} {job['job_id']}")
    age = (datetime.now(UTC) - job["accepted_at"]).total_seconds()
    are_open = "1 job is open" if found.open_jobs == 1 else f"{found.open_jobs:,} jobs are open"
    stuck = f", {found.stuck:,} for too long (turnlog.jobs_stuck)" if found.stuck else ""
    return Text(f"{are_open}{stuck}; the oldest waits {age:,.0f} s as {job['state']}: ").append(whose)


def _waits(stage: StageStatus) -> float | None:
    """Seconds since the oldest record was written that the stage has still to read."""
    return None if stage.oldest is None else round(max(0.0, (datetime.now(UTC) - stage.oldest).total_seconds()), 1)
