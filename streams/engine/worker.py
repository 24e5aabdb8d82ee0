"""Runs one stage in this process, from start to exit code."""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import faust

from streams import failpoints
from streams.engine.app import StageApp, app_for, no_one_listens
from streams.engine.disk_table import make_room
from streams.engine.exits import EngineError, ExitCode, die, end
from streams.engine.lane import OnCommit
from streams.engine.report import report, throttle_logs
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.engine.vitals import TakeVitals
from streams.runs import runs_of

LEAVE_S = 3.0
"""Once the lanes are closed nothing can be lost; the group is told if that is quick."""


def no_one_watches(vitals: TakeVitals) -> None:
    """The default `on_start`."""


def run(
    spec: StageSpec,
    settings: EngineSettings,
    *,
    on_commit: OnCommit = no_one_listens,
    on_start: Callable[[TakeVitals], None] = no_one_watches,
) -> NoReturn:
    """Run a stage until SIGTERM or SIGINT (exit 0) or an error (`ExitCode`). Logging is set up by the caller.

    `on_start` is given what tells how the stage is; it must not block.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop_before_start)
    use_uvloop()
    throttle_logs()
    collect_less_often()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        failpoints.arm(spec.name, os.environ)
        settings = settings.following(runs_of(os.environ))
        if spec.tables_dir is not None:
            make_room(spec.tables_dir)
        app = app_for(spec, settings, on_commit=on_commit)
        on_start(app.watchdog.vitals)
        loop.run_until_complete(StageWorker(app, loop=loop).start())
        raise EngineError(ExitCode.CRASH, "Faust's worker ended by itself")
    except BaseException as error:
        die(error)


def collect_less_often() -> None:
    """Thousands of records live together for the length of a chunk: with the default thresholds the garbage collector
    walks them again and again, for a fifth of all time, and finds nothing."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _stop_before_start(number: int, frame: object) -> NoReturn:
    end(0)


def use_uvloop() -> None:
    """Also for the consumer's thread, hence the policy."""
    with suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


class StageWorker(faust.Worker):  # type: ignore[misc]
    """Faust's worker with our own ways out: upstream's stop has fixed sleeps and may wait for a broker."""

    def __init__(self, app: StageApp, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)
        self.spinner = None
        self._leaving: asyncio.Task[None] | None = None

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """Upstream names the process after itself; its command line says which stage it is."""

    def _schedule_shutdown(self, signal: signal.Signals) -> None:
        if self._leaving is None:
            report("stopping", stage=self.app.spec.name, signal=signal.name)
            timer = threading.Timer(self.app.settings.shutdown_grace_s, self._out_of_time)
            timer.daemon = True
            timer.start()
            self._leaving = asyncio.get_running_loop().create_task(self._leave())

    async def _leave(self) -> None:
        """Finish the commits in flight, leave the group, go."""
        try:
            await self.app.lanes.stop()
            with suppress(Exception):
                thread = self.app.consumer._thread
                await asyncio.wait_for(thread.run(thread.leave()), LEAVE_S)
        except BaseException as error:
            die(error)
        report("stopped", stage=self.app.spec.name)
        end(0)

    def _out_of_time(self) -> None:
        """A commit that the broker has not decided yet is decided by the next owner's init: nothing is lost."""
        report("stopped", level=logging.WARNING, stage=self.app.spec.name, out_of_time=True)
        end(0)

    def _crash(self, reason: BaseException) -> None:
        die(reason)
