"""`turnlog status`: is everything well?"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.text import Text

from streams.admin.status import Status, look_at
from streams.cli import options
from streams.cli.connection import settings_of
from streams.cli.exits import ExitCode
from streams.cli.screen import as_line, out, plain, table


@click.command()
@options.as_json
@options.state_dir
def status(as_json: bool, state_dir: Path | None) -> None:
    """Health of each part, lag of each stage, the oldest unfinished job, versions. Exits with 6 if a part is unwell."""
    found = asyncio.run(look_at(settings_of(state_dir)))
    if as_json:
        click.echo(as_line(_as_object(found)))
    else:
        _print(found)
    if not found.healthy:
        raise click.exceptions.Exit(ExitCode.UNHEALTHY)


def _as_object(found: Status) -> dict[str, object]:
    return {
        "healthy": found.healthy,
        "parts": {part.name: {"healthy": part.healthy, "detail": part.detail} for part in found.parts},
        "stages": {stage.stage: {"workers": stage.workers, "lag": stage.lag} for stage in found.stages},
        "open_jobs": found.open_jobs,
        "oldest_open_job": found.oldest,
        "versions": found.versions,
    }


def _print(found: Status) -> None:
    parts = table("", "part", "", "")
    for part in found.parts:
        mark = Text("✓ well", style="green") if part.healthy else Text("✗ unwell", style="red")
        parts.add_row(part.name, mark, plain(part.detail))
    out.print(parts)
    if found.stages:
        stages = table("", "stage", "workers", "lag", right=("workers", "lag"))
        for stage in found.stages:
            stages.add_row(stage.stage, f"{stage.workers:,}", f"{stage.lag:,}")
        out.print(stages)
    out.print(_about_jobs(found))
    out.print(Text("  ".join(f"{name} {number}" for name, number in found.versions.items()), style="dim"))


def _about_jobs(found: Status) -> Text:
    if found.oldest is None:
        return Text("no job is open" if found.open_jobs == 0 else "jobs: not known")
    job = found.oldest
    whose = plain(f"{job['org_id']}/{job['user_id']} {job['job_id']}")
    age = (datetime.now(UTC) - job["accepted_at"]).total_seconds()
    return Text(f"{found.open_jobs:,} jobs are open; the oldest waits {age:,.0f} s as {job['state']}: ").append(whose)
