"""Standard input where a file is expected: `-`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import click

DASH = Path("-")


@contextmanager
def as_file(path: Path) -> Iterator[Path]:
    """The path itself, or for `-` a file that holds standard input up to its end, for as long as the block runs.

    A file can be read twice: every line is looked at before the first is sent.
    """
    if path != DASH:
        yield path
        return
    with NamedTemporaryFile() as kept:
        shutil.copyfileobj(click.get_binary_stream("stdin"), kept)
        kept.flush()
        yield Path(kept.name)
