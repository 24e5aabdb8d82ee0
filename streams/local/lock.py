"""One holder of a folder at a time, across processes; the system frees it however the holder ends."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from streams.errors import LocalModeError


class FolderLock:
    """The lock file of a folder. Not reentrant; the file stays behind and means nothing by itself."""

    def __init__(self, folder: Path, *, name: str = "lock") -> None:
        self.path = folder / name
        self._file: IO[str] | None = None

    def acquire(self, *, wait: bool = False) -> Self:
        """Take the lock. Raises `LocalModeError` naming the holder, or waits for it to go."""
        create_folder(self.path.parent)
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = self._holder(file)
            file.close()
            raise LocalModeError(
                f"{self.path.parent} is already in use by process {holder}: stop that one first, or use another folder"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return self

    def release(self) -> None:
        """Give the lock back. The second time does nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _holder(self, file: IO[str]) -> str:
        file.seek(0)
        return file.read().strip() or "(unknown)"

    def __enter__(self) -> Self:
        return self if self._file else self.acquire()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.release()


def check_space(folder: Path, *, least: int) -> None:
    """Raises `LocalModeError` when fewer bytes than `least` are free on the disk of this folder."""
    free = shutil.disk_usage(folder).free
    if free < least:
        raise LocalModeError(
            f"only {free >> 20} MB are free at {folder}, and {least >> 20} MB are needed: "
            "free some space, or use a folder on another disk"
        )


def create_folder(folder: Path) -> None:
    """Make the folder and prove that it can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.write_bytes(b"turnlog")
        with contextlib.suppress(FileNotFoundError):
            probe.unlink()
    except OSError as error:
        raise LocalModeError(f"cannot write to {folder}: {error.strerror or error}") from error
