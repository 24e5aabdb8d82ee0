"""Signals to end become something Python code cleans up after."""

import os
import signal
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
