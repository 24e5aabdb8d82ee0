"""Keep processes running: start them, start again those that end, stop them in order, and write down what runs."""

import contextlib
import itertools
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from streams import runs
from streams.errors import LocalModeError
from streams.local.child import Child, created_at
from streams.local.lock import create_folder
from streams.local.run_state import STEADY, PartState, RunState, end_stale_parts, write_state
from streams.local.standby import Standby
from streams.local.started_with import StartedWith

log = logging.getLogger(__name__)

POLL_EVERY = 0.05


class Backoff(NamedTuple):
    """How long to wait before a process is started again: more each time, anew after a long run."""

    first: float = 0.2
    factor: float = 2.0
    limit: float = 10.0
    reset_after: float = STEADY

    def delay(self, failures: int) -> float:
        """Seconds to wait after so many short runs in a row."""
        return min(self.limit, self.first * self.factor ** min(failures - 1, 64)) if failures > 0 else 0.0


class Part(NamedTuple):
    """A process to keep running."""

    name: str
    command: Sequence[str]
    log: Path | None = None
    """Where its output goes; None: where ours goes."""
    env: Mapping[str, str] = MappingProxyType({})
    cwd: Path | None = None
    ready: Callable[[], bool] | None = None
    """Tells that it may be used; without it, a process that runs is ready."""
    level: int = 0
    """The highest level is stopped first, all of one level together."""
    grace: float = 20.0
    """Seconds it gets to end after SIGTERM."""
    final: frozenset[int] = frozenset()
    """Exit codes after which it is not started again."""
    standby: Sequence[str] = ()
    """Arguments of turnlog that do the same as `command`, where a process is to wait that takes its place."""


class Keeper:
    """One part: its process, and when it is to be started next."""

    def __init__(self, part: Part, backoff: Backoff) -> None:
        self.part, self._backoff = part, backoff
        self.child = Child(part.name, part.command, log=part.log, env=part.env, cwd=part.cwd, standby=part.standby)
        self.state = PartState()
        self._starts = 0
        self._run = ""
        self._started = self._due = 0.0

    def turn(self, now: float, standby: Standby | None) -> bool:
        """Notice an end, start when it is time. Returns whether the state changed. `now` is monotonic."""
        if self.child.alive():
            return False
        if self.state.pid is not None:
            self._note_end(now)
            return True
        if now < self._due or self.state.stopped:
            return False
        run = self._name_run()
        try:
            self.child.start(standby)
        except (OSError, LocalModeError) as error:  # a full disk, say: it may pass
            log.warning("action=start_failed part=%s error=%s", self.part.name, error)
            self._wait(now, self.state.failures + 1)
            return True
        self._run, self._started, self._starts = run, now, self._starts + 1
        pid, restarts = self.child.pid, self._starts - 1
        log.info("action=started part=%s pid=%s restarts=%s", self.part.name, pid, restarts)
        self.state = self.state.model_copy(
            update={"pid": pid, "created": created_at(pid), "started": time.time(), "restarts": restarts}
        )
        return True

    def note_stopped(self) -> None:
        """It was ended by us."""
        self.state = self.state.model_copy(
            update={"pid": None, "created": None, "started": None, "last_exit": self.child.exit_code()}
        )

    def _note_end(self, now: float) -> None:
        lasted = now - self._started
        self._wait(now, 1 if lasted >= self._backoff.reset_after else self.state.failures + 1)
        self.note_stopped()
        code, exits = self.state.last_exit, self.state.exits
        if code is not None:
            exits = {**exits, code: exits.get(code, 0) + 1}
        stopped = code in self.part.final
        self.state = self.state.model_copy(update={"exits": exits, "stopped": stopped})
        log.warning("action=ended part=%s code=%s", self.part.name, code)
        if stopped:
            log.error("action=stopped_for_good part=%s code=%s", self.part.name, code)

    def _wait(self, now: float, failures: int) -> None:
        self._due = now + self._backoff.delay(failures)
        self.state = self.state.model_copy(update={"failures": failures})

    def _name_run(self) -> str:
        """Tell the process that is about to start which run it is, and how the last one that did start ended."""
        run = uuid.uuid4().hex
        self.child.env |= runs.environment_of(run, self._run, self.child.exit_code())
        return run


class Supervisor:
    """Runs parts as child processes from one thread, `run`, which must live as long as they do.

    The system kills the children when that thread ends without having stopped them, as in a kill -9 of this
    process. `add`, `stop` and the questions may come from any thread.
    """

    def __init__(
        self,
        parts: Sequence[Part] = (),
        *,
        state: Path | None = None,
        about: Mapping[str, str] = MappingProxyType({}),
        started_with: StartedWith | None = None,
        backoff: Backoff = Backoff(),  # noqa: B008 - an immutable value
    ) -> None:
        self._file, self._backoff = state, backoff
        self._about, self._ready = dict(about), False
        self._started_with = started_with
        self._failure: BaseException | None = None
        self._keepers: dict[str, Keeper] = {}
        self._standby: Standby | None = None
        self._lock = threading.Lock()
        self._stopping, self._hurry = threading.Event(), threading.Event()
        self._asked = itertools.count()
        self.add(parts)

    def add(self, parts: Iterable[Part]) -> None:
        """Keep these running as well."""
        with self._lock:
            for part in parts:
                self._keepers[part.name] = Keeper(part, self._backoff)
                if part.standby and self._standby is None:
                    self._standby = Standby(part.env)

    def tell(self, *, ready: bool, about: Mapping[str, str] = MappingProxyType({})) -> None:
        """What readers of the state file are to know."""
        with self._lock:
            self._ready = ready
            self._about |= about
            self._write()

    def parts(self) -> dict[str, PartState]:
        """The state of each part."""
        with self._lock:
            return {name: keeper.state for name, keeper in self._keepers.items()}

    def run(self) -> None:
        """Start the parts and keep them running until `stop`; then end them. Blocks; the state file goes at the end."""
        try:
            if self._file is not None:
                create_folder(self._file.parent)
                end_stale_parts(self._file)
            while not self._stopping.wait(POLL_EVERY):
                with self._lock:
                    changed = [keeper.turn(time.monotonic(), self._standby) for keeper in self._keepers.values()]
                    if any(changed):
                        self._write()
                    if self._standby is not None:
                        self._standby.turn(time.monotonic(), calm=not any(changed))
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._end_all()

    def check(self) -> None:
        """Raises `LocalModeError` when `run` ended because of an error."""
        if self._failure is not None:
            raise LocalModeError(f"the supervisor ended: {self._failure!r}") from self._failure

    def stop(self) -> None:
        """Make `run` end the parts and return. The second time, parts get no time to end by themselves."""
        if next(self._asked):  # one step, for two signals may come at once
            self._hurry.set()
        self._stopping.set()

    def wait_ready(self, names: Iterable[str], timeout: float) -> None:
        """Wait until these parts may be used. Raises `LocalModeError` with the log's tail when one ends or is late."""
        deadline = time.monotonic() + timeout
        for keeper in [self._keepers[name] for name in names]:
            while not is_ready(keeper):
                self._check(keeper, late=time.monotonic() > deadline, timeout=timeout)
                time.sleep(POLL_EVERY)

    def _check(self, keeper: Keeper, *, late: bool, timeout: float) -> None:
        self.check()
        name, tail = keeper.part.name, keeper.child.tail()
        if self._stopping.is_set():
            raise LocalModeError(f"{name} was stopped before it was ready")
        if keeper.state.last_exit is not None:
            raise LocalModeError(f"{name} ended with code {keeper.state.last_exit}:\n{tail}")
        if late:
            raise LocalModeError(f"{name} was not ready within {timeout:g} s:\n{tail}")

    def _end_all(self) -> None:
        with self._lock:
            keepers = list(self._keepers.values())
            if self._standby is not None:
                self._standby.stop()
        for level in sorted({keeper.part.level for keeper in keepers}, reverse=True):
            self._end([keeper for keeper in keepers if keeper.part.level == level])
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()

    def _end(self, keepers: Sequence[Keeper]) -> None:
        """End parts side by side."""
        for keeper in keepers:
            keeper.child.terminate()
        for keeper in keepers:
            deadline = time.monotonic() + keeper.part.grace
            while keeper.child.alive() and time.monotonic() < deadline and not self._hurry.is_set():
                time.sleep(POLL_EVERY / 5)
            keeper.child.kill()
            keeper.note_stopped()

    def _write(self) -> None:
        if self._file is not None:
            parts = {name: keeper.state for name, keeper in self._keepers.items()}
            created = created_at(os.getpid()) or 0.0
            state = RunState(
                pid=os.getpid(),
                created=created,
                ready=self._ready,
                about=self._about,
                started_with=self._started_with,
                parts=parts,
            )
            try:
                write_state(self._file, state)
            except OSError as error:  # what runs matters more than the note about it
                log.warning("action=state_not_written error=%s", error)


def is_ready(keeper: Keeper) -> bool:
    """It runs, and says that it may be used if it can say so."""
    return keeper.child.alive() and (keeper.part.ready is None or keeper.part.ready())
