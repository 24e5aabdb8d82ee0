"""Signals that ask a process to end, turned into what Python code can clean up after."""

import _thread
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextlib.contextmanager
def ending_calls(function: Callable[[], None]) -> Iterator[None]:
    """While inside, a signal to end calls the function instead, in a thread of its own.

    Two signals may make it run twice at once. Outside the main thread signals stay as they are.

    The main thread may just hold the very lock that the function asks for: an event that it waits for and that is set
    by the handler itself would stop it for ever. A thread is started by hand, for `threading` has locks of its own.
    """

    def call(number: int, frame: FrameType | None) -> None:
        _thread.start_new_thread(function, ())

    with _handled(ENDING, call):
        yield


@contextlib.contextmanager
def ending_exits() -> Iterator[None]:
    """While inside, SIGTERM and SIGHUP raise `SystemExit` as Ctrl-C raises `KeyboardInterrupt`: `finally` is run."""
    with _handled((signal.SIGTERM, signal.SIGHUP), _exit):
        yield


def _exit(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextlib.contextmanager
def _handled(numbers: tuple[signal.Signals, ...], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, old in before.items():
                signal.signal(number, old)
