"""The file that a demonstration publishes, looked through once before anything is started."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from streams.publish.endings import find_open_ends, with_endings
from streams.publish.entries import read_entries
from streams.publish.entry import Entry
from streams.publish.lines import read_lines


class Conversations(NamedTuple):
    """A file of conversations. `people`: every speaker is a user; `records`: how many it makes, endings included."""

    path: Path
    people: bool
    records: int
    open_ends: frozenset[int]

    def entries(self) -> Iterator[Entry]:
        """Its records, and an ending for every conversation that it leaves open. Reads the file anew each time."""
        return with_endings(read_entries(read_lines(self.path), people=self.people), self.open_ends)


def survey(path: Path, *, people: bool = False) -> Conversations:
    """Read the whole file once. Raises InputError where it cannot be read as conversations."""
    records = 0

    def counted() -> Iterator[Entry]:
        nonlocal records
        for entry in read_entries(read_lines(path), people=people):
            records += 1
            yield entry

    open_ends = frozenset(find_open_ends(counted()))
    return Conversations(path, people, records + len(open_ends), open_ends)
