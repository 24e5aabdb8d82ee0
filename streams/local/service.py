"""What the local broker and the local database have in common: a folder, a program, a port, a moment of readiness."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.errors import LocalModeError
from streams.local.child import Child
from streams.local.lock import FolderLock


class Service(ABC):
    """A server of ours on the loopback interface that keeps its data in a folder.

    The folder is locked from the first start until `stop`; `kill` keeps the lock, so that the same object can start
    the server again on what the killed one left. Ports are kept from one start to the next while they are free.
    """

    name: str

    def __init__(self, data: Path, log: Path) -> None:
        self.data, self.log = data.absolute(), log.absolute()
        self._lock = FolderLock(self.data)
        self._child: Child | None = None

    @abstractmethod
    def choose_command(self) -> Child:
        """Everything that comes before the start, in a folder that is ours by now: ports, configuration."""

    @abstractmethod
    def ready(self) -> bool:
        """The server answers and may be used."""

    def prepare(self) -> Child:
        """Lock the folder and return the program, not started yet."""
        self._lock.__enter__()
        self._child = self.choose_command()
        return self._child

    def start(self, timeout: float = 60) -> Self:
        """Start the server and wait until it serves. Raises `LocalModeError` with the log's tail when it does not."""
        if not self.alive():
            try:
                child = self.prepare()
                child.start()
                child.wait_ready(self.ready, timeout)
            except BaseException:
                self.stop(grace=0)
                raise
        return self

    def stop(self, grace: float = 30) -> None:
        """Stop the server cleanly, or kill it after `grace` seconds, and give the folder back."""
        if self._child is not None:
            self._child.stop(grace)
        self._lock.release()

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self._child is not None:
            self._child.kill()

    def alive(self) -> bool:
        return self._child is not None and self._child.alive()

    @property
    def pid(self) -> int:
        if self._child is None:
            raise LocalModeError(f"{self.name} has not been started")
        return self._child.pid

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()
