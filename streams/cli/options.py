"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

state_dir = click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the local services: their data and logs. By default in the user's data folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON, one object a line.")
limit = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Lines at most.")


def patience(seconds: float) -> Callable[[F], F]:
    """How long to wait when nothing moves."""
    told = "Seconds without any progress after which to give up."
    return click.option("--patience", type=click.FloatRange(1), default=seconds, show_default=True, help=told)
