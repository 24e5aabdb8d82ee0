"""`turnlog soak`: the long run of random kills. It lives with the tests, in turnlog's source tree."""

import importlib
import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.cli.screen import err
from streams.cli.stack import require_extra
from streams.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
MODULE = "tests.faults.soak"


@click.command()
@click.option("--kills", type=click.IntRange(1), default=30, show_default=True, help="How many the report is to hold.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first round's; then the next.")
@click.option(
    "--report",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="JSON. What it holds already counts, and is kept.",
)
def soak(kills: int, seed: int, path: Path) -> None:
    """For those who change turnlog: kill -9 of everything at random, and compare with runs that nobody disturbed.

    Rounds go on until the report holds so many kills. Stopped and started again it goes on behind the last whole round.
    """
    require_extra()
    harness = harness_in(ROOT)
    columns = (
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task("starting", total=kills)

        def tell(line: str) -> None:
            bar.update(task, description=line)
            if not err.is_terminal:
                err.print(line, markup=False)

        progress = harness.Progress(tell=tell, killed=lambda number: bar.update(task, completed=number))
        report = harness.soak(kills, seed=seed, path=path, progress=progress)
    click.echo(report.totals.model_dump_json(indent=1))


def harness_in(root: Path, module: str = MODULE) -> Any:
    """The module that runs it. Raises ConfigurationError where turnlog was installed without its source tree."""
    if not root.joinpath(*module.split(".")).with_suffix(".py").is_file():
        command = f"turnlog {module.rpartition('.')[2]}"
        raise ConfigurationError(f"{command} needs turnlog's source tree: run it with infra/start.py in a checkout")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module(module)
