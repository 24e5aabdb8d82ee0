"""`turnlog facts`, `jobs`, `dead-letters`, `sql` and `dump`: look at what there is, while the workers run."""

from pathlib import Path
from typing import TextIO

import click

from streams.cli import options, tables
from streams.cli.connection import public_views
from streams.cli.exits import ExitCode
from streams.cli.screen import counted, err, out, print_lines
from streams.query import reads
from streams.query.dump import dump as dump_views


@click.command()
@click.option("--org", required=True, help="Organisation.")
@click.option("--user", required=True, help="Whose memory.")
@click.option("--all", "everything", is_flag=True, help="Superseded and retracted facts too.")
@options.limit
@options.as_json
@options.state_dir
def facts(org: str, user: str, everything: bool, limit: int, as_json: bool, state_dir: Path | None) -> None:
    """What is known about a person, with the quotes that prove it."""
    with public_views(state_dir) as (database, _):
        found = reads.facts(database, org, user, status="" if everything else "active", limit=limit)
    if as_json:
        print_lines(fact._asdict() for fact in found)
    else:
        out.print(tables.facts(counted(len(found), "fact") + f" of {org}/{user}", found))


@click.command()
@click.argument("job_id", required=False)
@click.option("--org", default="", help="Of this organisation only.")
@click.option("--user", default="", help="Of this user only.")
@click.option("--state", "in_state", default="", help="In this state only.")
@options.limit
@options.as_json
@options.state_dir
def jobs(
    job_id: str | None, org: str, user: str, in_state: str, limit: int, as_json: bool, state_dir: Path | None
) -> None:
    """The jobs accepted last, or all about the one with this JOB_ID."""
    with public_views(state_dir) as (database, _):
        if job_id is not None:
            found = reads.jobs_by_id(database, job_id)
        else:
            found = reads.latest_jobs(database, org_id=org, user_id=user, state=in_state, limit=limit)
    if as_json:
        print_lines(found)
    elif job_id is not None:
        for job in found:
            out.print(tables.record(f"job {job_id}", job))
    else:
        out.print(tables.jobs(counted(len(found), "job"), found))
    if job_id is not None and not found:
        err.print(f"there is no job {job_id}", markup=False)
        raise click.exceptions.Exit(ExitCode.UNHEALTHY)


@click.command("dead-letters")
@click.option("--org", default="", help="Of this organisation only.")
@options.limit
@options.as_json
@options.state_dir
def dead_letters(org: str, limit: int, as_json: bool, state_dir: Path | None) -> None:
    """What could not be processed, and why; the latest first."""
    with public_views(state_dir) as (database, _):
        found = reads.dead_letters(database, org_id=org, limit=limit)
    if as_json:
        print_lines(letter._asdict() for letter in found)
    else:
        out.print(tables.letters(counted(len(found), "dead letter"), found))


@click.command()
@click.argument("query", required=False)
@click.option("--file", type=click.File(encoding="utf-8"), help="Take the query from a file.")
@click.option("--set", "values", multiple=True, metavar="NAME=VALUE", help="Value of a parameter: {name:Type} in SQL.")
@options.as_json
@options.state_dir
def sql(query: str | None, file: TextIO | None, values: tuple[str, ...], as_json: bool, state_dir: Path | None) -> None:
    """Ask ClickHouse: turnlog sql "SELECT state, count() FROM jobs GROUP BY state"."""
    text = file.read() if file is not None else query
    if text is None or (file is not None and query is not None):
        raise click.UsageError("Give either a query or --file.")
    parameters = dict(value.partition("=")[::2] for value in values)
    with public_views(state_dir) as (database, _):
        found = database.query(text, parameters)
    if as_json:
        print_lines(found)
    elif found:
        out.print(*tables.rows(found), tables.number_of_rows(len(found)))
    else:
        out.print(tables.number_of_rows(0))


@click.command()
@options.state_dir
def dump(state_dir: Path | None) -> None:
    """Every public view in canonical order and form. Two runs over the same records are equal in it."""
    stream = click.get_binary_stream("stdout")
    with public_views(state_dir) as (database, settings):
        for line in dump_views(database, settings.clickhouse_database):
            stream.write(line)
