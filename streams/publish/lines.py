"""The lines of a file, plain or packed with gzip, one after the other and never all at once."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from streams.errors import TurnlogError

GZIP_MAGIC = b"\x1f\x8b"


class InputError(TurnlogError):
    """The input cannot be read as conversations; the message says which line and why."""


class Line(NamedTuple):
    """A line that is not blank; `number` counts from 1."""

    number: int
    text: bytes


def read_lines(path: Path) -> Iterator[Line]:
    """Split on `\\n` alone: texts may hold every other separator. Raises InputError."""
    try:
        with _open(path) as file:
            for number, text in enumerate(file, start=1):
                if text.strip():
                    yield Line(number, text.rstrip(b"\r\n"))
    except (OSError, EOFError) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error


def _open(path: Path) -> BinaryIO:
    """What the first bytes say counts, not the name."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path)) if packed else path.open("rb")
