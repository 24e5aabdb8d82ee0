"""Options that several commands share."""

from pathlib import Path

import click

state_dir = click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the local services: their data and logs. By default in the user's data folder.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For scripts: JSON, one object a line.")
limit = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Lines at most.")
