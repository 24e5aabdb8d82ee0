"""`turnlog describe`: flow, settings, topics, views and metrics as Markdown, and README kept in step with them."""

from pathlib import Path

import click

from streams.describe.readme import PARTS, refreshed


@click.command()
@click.argument("part", type=click.Choice(tuple(PARTS)), default="flow")
@click.option(
    "--write",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Renew what stands between <!-- begin: PART --> and <!-- end: PART --> in this file, for every PART.",
)
def describe(part: str, file: Path | None) -> None:
    """Print a part of the description as Markdown: the flow as a Mermaid diagram, or a table."""
    if file is None:
        click.echo(PARTS[part]())
        return
    text = file.read_text(encoding="utf-8")
    renewed = refreshed(text)
    if renewed != text:
        file.write_text(renewed, encoding="utf-8")
    click.echo(f"{file}: {'unchanged' if renewed == text else 'renewed'}")
