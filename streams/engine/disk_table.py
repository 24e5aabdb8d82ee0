"""A lane's table in files on this machine, for stages that remember more than memory holds: RocksDB through rocksdict.

The files are only room: what a table holds is known from its changelog alone. So they are written without a log of
their own, made anew for every assignment, and gone with it; those of a process that was killed go when the next one
starts.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import ItemsView, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, overload

from streams.errors import ConfigurationError

PREFIX = "turnlog-table-"
OWNED = "owned"
"""A file in each table's folder, locked for as long as its process lives: also across containers that share a disk."""
CACHE_BYTES = 32 << 20
WRITE_BUFFER_BYTES = 16 << 20
BLOOM_BITS = 10.0


class DiskTable(MutableMapping[bytes, bytes]):
    """As a dict of bytes; `len` is an estimate. Raises OSError for whatever the disk refuses: no record's fault."""

    def __init__(self, folder: Path) -> None:
        self._rocksdict = require_rocksdict()
        self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        self._lock = _own(self._folder)
        with _disk():
            self._files = self._rocksdict.Rdict(str(self._folder / "files"), self._options())
        options = self._rocksdict.WriteOptions()
        options.disable_wal = True
        self._files.set_write_options(options)

    def _options(self) -> Any:
        options, blocks = self._rocksdict.Options(raw_mode=True), self._rocksdict.BlockBasedOptions()
        blocks.set_bloom_filter(BLOOM_BITS, False)  # most of what is asked for was never there
        blocks.set_block_cache(self._rocksdict.Cache(CACHE_BYTES))
        options.set_block_based_table_factory(blocks)
        options.set_write_buffer_size(WRITE_BUFFER_BYTES)
        options.set_keep_log_file_num(1)
        return options

    def __getitem__(self, key: bytes) -> bytes:
        value: bytes | None = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    @overload
    def get(self, key: bytes, /) -> bytes | None: ...
    @overload
    def get(self, key: bytes, default: Any, /) -> Any: ...
    def get(self, key: bytes, default: Any = None, /) -> Any:
        try:
            value = self._files.get(key)
        except Exception as error:  # by hand: this is the way of every look-up
            raise OSError(str(error)) from error
        return default if value is None else value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, bytes) and self.get(key) is not None

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.update({key: value})

    def __delitem__(self, key: bytes) -> None:
        with _disk():
            self._files.delete(key)

    def update(self, changes: Any = (), /, **_: bytes) -> None:
        """All at once."""
        pairs: Iterable[tuple[bytes, bytes]] = changes.items() if isinstance(changes, Mapping) else changes
        batch = self._rocksdict.WriteBatch(raw_mode=True)
        for key, value in pairs:
            batch.put(key, value)
        with _disk():
            self._files.write(batch)

    def __iter__(self) -> Iterator[bytes]:
        with _disk():
            yield from self._files.keys()

    def items(self) -> ItemsView[bytes, bytes]:
        return _Items(self)

    def pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """Every key with its value, in one pass over the files."""
        with _disk():
            yield from self._files.items()

    def __len__(self) -> int:
        """None once it is closed: whoever looks at a lane from another thread may come too late."""
        with suppress(self._rocksdict.DbClosedError):
            return int(self._files.property_int_value("rocksdb.estimate-num-keys") or 0)
        return 0

    def close(self) -> None:
        """Free the files; what RocksDB could still say about them does not matter any more."""
        try:
            with suppress(Exception):
                self._files.close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            os.close(self._lock)


class _Items(ItemsView[bytes, bytes]):
    """Looks at the table once, not once a key."""

    _mapping: DiskTable

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return self._mapping.pairs()


def require_rocksdict() -> Any:
    """The library. Raises ConfigurationError where it is not installed."""
    try:
        import rocksdict
    except ImportError:
        raise ConfigurationError("tables on disk need one more package: pip install 'turnlog[disk]'") from None
    return rocksdict


def make_room(folder: Path) -> None:
    """Make the folder, and remove tables of processes that are no more.

    Raises ConfigurationError where tables cannot lie there.
    """
    require_rocksdict()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigurationError(f"TURNLOG_TABLES_DIR: no table can lie in {folder}: {error.strerror}") from None
    for owned in folder.glob(f"{PREFIX}*/{OWNED}"):
        with suppress(OSError), owned.open("rb") as file:  # it may just go, or be somebody's
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(owned.parent, ignore_errors=True)


def _own(folder: Path) -> int:
    """Locked first and named afterwards: nobody sees it unlocked while we live."""
    made = folder / f"{OWNED}.made"
    lock = os.open(made, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    made.rename(folder / OWNED)
    return lock


@contextmanager
def _disk() -> Iterator[None]:
    """RocksDB's errors are of no type of their own."""
    try:
        yield
    except Exception as error:
        raise OSError(str(error)) from error
