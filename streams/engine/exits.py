"""Why the process ends: one code each, one way out. Nothing is repaired in place; a supervisor starts it anew."""

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

from aiokafka.errors import InvalidProducerEpoch, InvalidProducerIdMapping, KafkaError, ProducerFenced

from streams import runs
from streams.engine.report import report
from streams.errors import TurnlogError

LAST_WORDS_S = 2.0
"""A log handler that blocks (a full pipe, a lock held by a loop that stands still) must not keep the process alive."""
OF_CLIENT = ("aiokafka.client", "aiokafka.cluster", "aiokafka.conn", "aiokafka.consumer.group_coordinator")
"""Modules that ask for brokers and groups; none of them sees what a record holds."""


class ExitCode(IntEnum):
    """The process's exit status. 0: asked to stop, nothing left undone."""

    CRASH = 1
    """Something unexpected, or a topic that is missing or has another number of partitions."""
    FENCED = 10
    """Another process took this partition over while we slept; our transaction was refused."""
    PRODUCER = 11
    """Kafka refused or failed one of our requests in a way that asking again does not mend, or is not found."""
    GAP = 12
    """The consumer's positions do not join: records would have been skipped."""
    STUCK = 13
    """No progress within the limit: a commit, a stage, the event loop, or a consumer that stays still despite lag."""
    LOST = 14
    """The committed offset lies below the log's start: retention removed records that were never read."""
    POISON = 15
    """The stage raised, or wrote what cannot be written. Its chunk is not acknowledged; its records become suspects."""
    HANGING = 16
    """A transaction of a predecessor hangs in the changelog."""
    DISAGREE = 17
    """The position in the changelog is not the group's committed offset: somebody moved one of them."""
    FOREIGN = 18
    """The table was made with another identity (hash key), or with other settings that must stay as they were."""
    BURST = runs.BURST
    """Records were given up one after the other, and the next one crashes the stage too: it is not started again."""
    HUNG = runs.HUNG
    """As STUCK, and it is the stage's own code that does not come back."""


class EngineError(TurnlogError):
    """Ends the process with `code`; the message says the way out and holds no record's content."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class Revoked(Exception):
    """The assignment this lane was opened for is gone."""


def code_of(error: BaseException) -> ExitCode:
    """The exit code of whatever ended a lane; wrapped causes count, since aiokafka wraps a fenced sender."""
    for link in _chain(error):
        if isinstance(link, EngineError):
            return link.code
        if isinstance(link, ProducerFenced | InvalidProducerEpoch | InvalidProducerIdMapping):
            return ExitCode.FENCED
    return ExitCode.PRODUCER if isinstance(error, KafkaError) or _is_lost_client(error) else ExitCode.CRASH


def die(error: BaseException) -> NoReturn:
    """End the process at once, from any thread. An open transaction is aborted by the next owner's init."""
    code = code_of(error)
    exit_anyway(code)
    report("exit", level=logging.CRITICAL, code=int(code), why=code.name.lower(), error=_summary(error))
    sys.stderr.write("".join(_stacks(error)))
    end(code)


@contextmanager
def fatal() -> Iterator[None]:
    """Around code whose caller would only log an error."""
    try:
        yield
    except Exception as error:
        die(error)


def dump_stacks(loop: asyncio.AbstractEventLoop) -> None:
    """Write the stack of every thread, and of every task of `loop`, for whoever asks later why nothing moved.

    Not by `faulthandler`: where nobody reads the log it would wait with all threads, and `exit_anyway` with them.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        sys.stderr.write("".join([f"Thread {names.get(ident, ident)}:\n", *traceback.format_stack(frame)]))
    for task in asyncio.all_tasks(loop):
        task.print_stack(limit=8, file=sys.stderr)


def end(code: int) -> NoReturn:
    """Leave without running exit handlers: other threads still hold clients that would wait for the broker."""
    exit_anyway(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def exit_anyway(code: int) -> None:
    """End the process in a moment, whatever it does till then."""
    timer = threading.Timer(LAST_WORDS_S, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _is_lost_client(error: BaseException) -> bool:
    """aiokafka's client says so where it knows no broker any more: by an assertion, or whatever it met on the way."""
    if type(error) not in (AssertionError, RuntimeError):
        return False
    modules = [frame.f_globals.get("__name__") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(modules) and modules[-1] in OF_CLIENT


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def _summary(error: BaseException) -> str:
    """Only our and Kafka's messages are known to hold no record's content."""
    return f"{type(error).__name__}: {error}" if isinstance(error, EngineError | KafkaError) else type(error).__name__


def _stacks(error: BaseException) -> Iterator[str]:
    """Frames and types of an error and its causes, without the messages of foreign errors: they may quote a turn."""
    for link in reversed(list(_chain(error))):
        yield from traceback.format_tb(link.__traceback__)
        yield _summary(link) + "\n"
