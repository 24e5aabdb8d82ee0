"""Signals to end become something Python code cleans up after."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from streams.local.signals import ending_calls, ending_exits


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_end_calls_the_function_and_only_inside(number: signal.Signals) -> None:
    before, ended = signal.getsignal(number), threading.Event()
    with ending_calls(ended.set):
        os.kill(os.getpid(), number)
        assert ended.wait(5)
    assert signal.getsignal(number) == before


MANY = """
import os, signal, threading, time
from streams.local.signals import ending_calls

for number in range(300):
    ended = threading.Event()
    with ending_calls(ended.set):
        threading.Timer(number % 50 * 2e-5, os.kill, (os.getpid(), signal.SIGTERM)).start()
        while not ended.wait(0):
            pass
"""


def test_a_signal_that_comes_while_its_event_is_waited_for_is_not_the_end_of_everything() -> None:
    """The event's own lock is held for a part of each wait; one in a hundred signals comes then."""
    assert subprocess.run([sys.executable, "-c", MANY], timeout=60, check=False).returncode == 0


def test_the_signal_to_end_raises_so_that_all_is_cleaned_up() -> None:
    cleaned = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(5)
        finally:
            cleaned.append(True)

    with ending_exits(), pytest.raises(SystemExit, match="143"):
        work()
    assert cleaned


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    seen = []

    def enter() -> None:
        with ending_exits():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
