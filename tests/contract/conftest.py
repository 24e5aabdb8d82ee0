"""One local stack for all of the contract: every case is sent at once, then the views are read once."""

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

import orjson
import pytest

from streams.ids import scope_key
from tests.contract import behaviour, dirty, fields, refusals, secret_places
from tests.contract.case import ORG, Case, Sent, find_difference, turn
from tests.contract.sample import Sample, read_sample
from tests.contract.settings import GAP_S, SETTINGS
from tests.contract.stack import Answers, Place, Stack, own_key
from tests.integration.local import Local

CASES: tuple[Case, ...] = (
    *fields.ACCEPTED,
    *refusals.REFUSED,
    *behaviour.BEHAVIOUR,
    *dirty.CASES,
    *secret_places.CASES,
)


OLD = "an old conversation"


class Told(NamedTuple):
    """What became of the cases. `early`: what the views said while windows waited."""

    stack: Stack
    early: Answers
    answers: Answers

    def places(self, case: Case) -> list[Place]:
        return [self.stack.places[id(sent)] for sent in case.sent]


@pytest.fixture(scope="session")
def sample() -> list[Sample]:
    """The messages of TURNLOG_DIRTY_SAMPLE; none without it."""
    return read_sample()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, sample: list[Sample]) -> Iterator[Told]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        http = "{}:{}".format(*free.getsockname())
    with Local(tmp_path_factory.mktemp("contract") / "state", TURNLOG_HTTP=http, **SETTINGS) as local:
        stack = Stack(local)
        yield Told(stack, *_tell(stack, sample))


def _tell(stack: Stack, sample: list[Sample]) -> tuple[Answers, Answers]:
    """First what waits, so that it is seen waiting; then all the rest."""
    waits = [(sent, own_key(case)) for case in CASES if case.early for sent in case.sent]
    rest = [(sent, own_key(case)) for case in CASES if not case.early for sent in case.sent]
    rest += [(message.sent, b"") for message in sample]
    asyncio.run(stack.publish(waits))
    stack.wait_until([sent for sent, _ in waits], ended=False)
    early = _see_waiting(stack)
    asyncio.run(stack.publish(rest))
    _grow_old(stack)
    stack.wait_until([sent for sent, _ in (*waits, *rest)], ended=True)
    return early, stack.read()


def _see_waiting(stack: Stack) -> Answers:
    """The views as soon as they show what waits; as they are after some seconds if they do not."""
    deadline = time.monotonic() + GAP_S
    while True:
        answers = stack.read()
        seen = all(
            find_difference(rows, answers.of(case, view, ())) is None
            for case in CASES
            for view, rows in case.early.items()
        )
        if seen or time.monotonic() > deadline:
            return answers
        time.sleep(0.2)


def _grow_old(stack: Stack) -> None:
    """A conversation without a pause, until its window has reached its greatest age."""
    for number in range(60):
        _say(stack, {"turns": [turn(event_id=str(number))]})
        if stack.query(f"SELECT 1 FROM turnlog.extractions WHERE user_id = '{OLD}'"):
            break
        time.sleep(1)
    _say(stack, {"type": "session_ended"})


def _say(stack: Stack, fields: dict[str, object]) -> None:
    record = Sent(orjson.dumps({"org_id": ORG, "user_id": OLD, **fields}))
    asyncio.run(stack.publish([(record, scope_key(ORG, OLD))]))
