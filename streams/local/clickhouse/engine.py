"""The embedded engine: one open database folder, and handles on it. Everything here blocks; call it from threads."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import chdb

from streams.local.clickhouse.failure import from_engine
from streams.local.clickhouse.native import Column
from streams.local.lock import FolderLock, create_folder

NONE: Mapping[str, str] = MappingProxyType({})
STORING_ERRORS = (28, 33, 74, 75, 76, 173, 236, 242, 243, 252, 290, 349, 395, 469, 481, 586, 1000, 1001, 1002)
"""Codes of what can go wrong where rows are stored: disk, parts, constraints, views."""

Errors = Mapping[int, tuple[int, str]]
"""By code: how often, and what was said last."""


class Written(NamedTuple):
    """What an INSERT stored, views that it feeds included."""

    rows: int
    bytes: int
    seconds: float


class Read(NamedTuple):
    """A whole result, and what it took."""

    data: bytes
    rows: int
    bytes: int
    written: Written


class Engine:
    """Holds a database folder open. One process at a time can; a second one gets a clear error.

    The engine reads configuration files where it finds them, so the process moves into an empty folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.absolute()
        self._lock = FolderLock(folder).acquire()
        empty = folder / "empty"
        create_folder(empty)
        os.chdir(empty)
        self._store = str(folder / "store")
        self._keep = self.new_handle()
        self._keep.open()
        self.timezone = self._keep.text("SELECT timezone()")
        self.version = self._keep.text("SELECT version()")
        names = self._keep.text("SELECT arrayStringConcat(groupArray(lower(name)), ' ') FROM system.table_functions")
        self.table_functions = frozenset(names.split())

    def new_handle(self) -> "Handle":
        """A handle that is to be opened. Handles run side by side; each runs one statement at a time."""
        return Handle(self._store)

    def only_reads(self, sql: bytes) -> bool:
        """The engine's own parser says that this statement changes nothing. Quick; for one thread only."""
        return self._keep.only_reads(sql)

    def close(self) -> None:
        self._keep.close()
        self._lock.release()


class Handle:
    """A connection of the engine. What the engine raises leaves here as `ClickHouseError`.

    Handles, streams and inserters begin with a call of their own, not when they are made: whoever waits for that
    call in another thread, and is cancelled, still has something to close.
    """

    def __init__(self, store: str) -> None:
        self._store = store
        self._connection: Any = None  # chdb has no types

    def open(self) -> None:
        self._connection = _call(lambda: chdb.connect(self._store))

    def read(self, sql: bytes, form: str, params: Mapping[str, str] = NONE) -> Read:
        """Run a statement and collect its result."""
        result = _call(lambda: self._connection.query(sql.decode(), form, params=dict(params)))
        written = Written(result.rows_written(), result.bytes_written(), result.elapsed())
        return Read(result.bytes() or b"", result.rows_read(), result.bytes_read(), written)

    def stream(self, sql: bytes, form: str, params: Mapping[str, str]) -> "Stream":
        """Run a query whose result is taken block by block."""
        return Stream(lambda: self._connection.send_query(sql.decode(), form, params=dict(params)))

    def insert(self, head: bytes, form: str) -> "Inserter":
        """An INSERT whose rows follow."""
        return Inserter(lambda: self._connection.send_insert(head.decode(), form))

    def text(self, sql: str) -> str:
        """The only value of a result."""
        return self.read(sql.encode(), "TSVRaw").data.decode().rstrip("\n")

    def only_reads(self, sql: bytes) -> bool:
        """The engine's own parser says that this statement changes nothing."""
        return bool(
            _call(lambda: self._connection._conn.classify_query(sql.decode())["query_class"].name == "READ_ONLY")
        )

    def describe(self, sql: bytes, params: Mapping[str, str]) -> list[Column]:
        """The columns of a result, without reading it where that is possible."""
        if sql.lstrip()[:1] == b"(" or sql.lstrip()[:6].lower() in (b"select", b"with"):
            rows = self.read(b"DESCRIBE TABLE (" + sql + b"\n)", "JSONCompactEachRow", params).data.splitlines()
            return [Column(*json.loads(row)[:2]) for row in rows]
        meta = json.loads(self.read(sql + b"\nFORMAT JSON", "JSON", params).data)["meta"]
        return [Column(column["name"], column["type"]) for column in meta]

    def set(self, settings: Mapping[str, str]) -> None:
        """Change settings of this handle."""
        if settings:
            changes = ", ".join(f"{name} = {quote(value)}" for name, value in settings.items())
            self.read(f"SET {changes}".encode(), "Null")

    def use(self, database: str) -> None:
        """Make this the database of names that have none."""
        self.read(f"USE {quote_name(database)}".encode(), "Null")

    def storing_errors(self) -> Errors:
        """Those of `STORING_ERRORS` that happened in this process."""
        # all of them, since choosing takes the engine half as long again; an insert asks this twice. What other errors
        # quote may be no UTF-8
        sql = b"SELECT code, value, last_error_message FROM system.errors SETTINGS output_format_parallel_formatting=0"
        said = self.read(sql, "JSONCompactEachRow").data.decode(errors="replace")
        rows = map(json.loads, filter(None, said.split("\n")))  # a young process has met no error at all
        return {code: (int(value), message) for code, value, message in rows if code in STORING_ERRORS}

    def changed_settings(self, names: Iterable[str]) -> dict[str, str]:
        """Those of the named settings that were changed on this handle, with their values."""
        listed = ", ".join(map(quote, names)) or "''"
        sql = f"SELECT name, value FROM system.settings WHERE changed AND name IN ({listed})"  # noqa: S608 - quoted
        rows = self.read(sql.encode(), "JSONCompactEachRow").data.splitlines()
        return dict(json.loads(row) for row in rows)

    def reset(self, names: Iterable[str]) -> None:
        """Give settings their defaults again."""
        if changes := ", ".join(f"{name} = DEFAULT" for name in names):
            self.read(f"SET {changes}".encode(), "Null")

    def close(self) -> None:
        """The second time, or when it was never opened, this does nothing."""
        if self._connection is not None:
            self._connection.close()


class Stream:
    """A result that is taken block by block. After its last one nothing is left to close."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self._result: Any = None

    def next(self) -> bytes | None:
        """The next block, None at the end. Blocks until there is one; the first time runs the query."""
        if self._result is None:
            self._result = _call(self._begin)
        block = _call(self._result.fetch)
        if block is None:
            self.close()
        return None if block is None else block.bytes()

    def close(self) -> None:
        """Give up what has not been taken. The second time does nothing."""
        if self._result is not None:
            _call(self._result.cancel)


class Inserter:
    """An INSERT that takes its rows as encoded bytes, in pieces of any size."""

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self._inserter: Any = None

    def begin(self) -> None:
        """Check the statement and its table."""
        self._inserter = _call(self._begin)

    def append(self, data: bytes) -> None:
        _call(lambda: self._inserter.append(data))

    def finish(self) -> Written:
        """Store the rows; they are there when this returns."""
        result = _call(self._inserter.finish)
        return Written(result.rows_written, result.bytes_written, result.elapsed)

    def cancel(self) -> None:
        """Store nothing of what is not stored yet. The second time does nothing."""
        if self._inserter is not None:
            _call(self._inserter.cancel)


def quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def quote_name(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _call(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Exception as error:  # chdb raises RuntimeError, ChdbError and others, all with ClickHouse's text inside
        raise from_engine(error) from None
