"""`turnlog bench`: how fast turnlog is, and others beside it. It lives with the tests, in turnlog's source tree."""

from importlib.util import find_spec
from pathlib import Path

import click

from streams.cli.screen import err
from streams.cli.soak import ROOT, harness_in
from streams.cli.stack import require_extra
from streams.errors import ConfigurationError

PARTS = ("peers", "path", "latency", "recovery", "growth", "sink", "reads")
NEEDED = ("confluent_kafka", "matplotlib")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS), metavar="[PART]...")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Of each part.")
@click.option(
    "--turns",
    type=click.IntRange(1_000),
    help="Of a backlog, instead of what each part takes for itself; fewer than 100,000 are too few for peers.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for results.json, results.md and pictures. Rounds that it holds already count.",
)
def bench(parts: tuple[str, ...], rounds: int, turns: int | None, folder: Path) -> None:
    """For those who change turnlog: measure it, and others beside it, on this machine, which should do nothing else.

    \b
    peers      the same job by hand, by a stock Faust agent, by Quix Streams and by turnlog, in turn
    path       from the first byte published to the last row that can be read
    latency    how long until a turn and a fact can be read
    recovery   how long a worker takes to start on what it remembers
    growth     what a turn costs with more workers, partitions, turns, conversations, larger windows and texts
    sink       rows a second into the local ClickHouse
    reads      ten million facts and three million jobs, and what readers ask of them (half an hour)

    Without a PART all of them. Stopped and started again it goes on with what is missing.
    """
    require_extra()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"{', '.join(missing)} missing: pip install 'turnlog[bench]'")
    harness = harness_in(ROOT, "tests.benchmarks.bench")
    table = harness.bench(
        parts or PARTS,
        folder=folder,
        rounds=rounds,
        turns=turns,
        tell=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
    click.echo(table)
