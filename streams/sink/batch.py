"""Rows of all lanes of a process, to be inserted together, and when there are enough of them."""

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from streams.sink.tables import TABLES, Row, Table


class Limits(NamedTuple):
    """What makes a batch due: so many rows, or so many seconds."""

    rows: int
    wait_s: float

    @property
    def worthwhile(self) -> int:
        """Fewer rows are not inserted before their time: every insert leaves a part that must be merged."""
        return self.rows // 10


class Batch:
    """Rows by table. Each lane has one chunk in flight, so a batch holds one of each at most; and those of lanes that
    are gone, which come again."""

    def __init__(self, limits: Limits) -> None:
        self.lanes: set[object] = set()
        """Those that it has a chunk of."""
        self._limits = limits
        self._rows: dict[Table, list[Row]] = {}
        self._size = 0

    def add(self, lane: object, rows: Iterable[tuple[Table, Row]]) -> None:
        """Take the rows of a lane's chunk."""
        for table, row in rows:
            self._rows.setdefault(table, []).append(row)
            self._size += 1
        self.lanes.add(lane)

    def is_full(self, busy: Set[object]) -> bool:
        """Enough rows, or a fair number and a chunk of every busy lane: nothing is likely to come before these are
        written."""
        everyone = busy <= self.lanes and self._size >= self._limits.worthwhile
        return everyone or self._size >= self._limits.rows

    def inserts(self) -> Iterator[tuple[Table, list[Row]]]:
        """The columns of each table that has rows, in the order in which they must be inserted."""
        for table in TABLES:
            if rows := self._rows.get(table):
                yield table, list(zip(*rows, strict=True))
