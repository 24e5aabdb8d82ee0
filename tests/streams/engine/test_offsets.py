"""Where a lane reads on: committed offset, else the log's start; and when it must not."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import GroupAuthorizationFailedError

from streams.engine import EngineError, ExitCode
from streams.engine.exits import Revoked
from streams.engine.offsets import (
    Committed,
    Member,
    commit_position,
    disagreements,
    fetch_committed,
    starting_positions,
)

A, B = TopicPartition("turns", 3), TopicPartition("again", 3)


class Coordinator:
    """Gives the answers it was made with, one after another."""

    group_id = "group"

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked, self.lookups = list(answers), list[Any](), 0

    async def ensure_coordinator_known(self) -> None:
        self.lookups += 1

    async def _send_req(self, request: Any) -> Any:
        self.asked.append(request)
        return self.answers.pop(0)

    def coordinator_dead(self) -> None: ...


def offsets(*rows: tuple[TopicPartition, int, int], error: int = 0, text: str | None = "") -> SimpleNamespace:
    return SimpleNamespace(
        topics=[(tp.topic, [(tp.partition, at, text, code)]) for tp, at, code in rows], error_code=error
    )


def committed_as(code: int) -> SimpleNamespace:
    return SimpleNamespace(topics=[(A.topic, [(A.partition, code)])])


def test_reading_goes_on_at_the_committed_offset_else_at_the_start() -> None:
    assert starting_positions({A: 5, B: 2}, {A: 9}) == {A: 9, B: 2}


def test_an_offset_below_the_start_is_lost() -> None:
    with pytest.raises(EngineError, match="lies below the log's start 5") as raised:
        starting_positions({A: 5, B: 2}, {A: 4})
    assert raised.value.code is ExitCode.LOST


def test_both_fresh_is_agreement_and_one_alone_is_not() -> None:
    assert disagreements([A, B], {}, {}) == []
    assert disagreements([A, B], {A: 7}, {A: 7}) == []
    assert disagreements([A, B], {A: 7}, {A: 8}) == ["turns/3: changelog 8, committed 7"]
    assert disagreements([A, B], {A: 7}, {}) == ["turns/3: changelog None, committed 7"]
    assert disagreements([A, B], {}, {B: 1}) == ["again/3: changelog 1, committed None"]


async def test_every_partition_must_be_answered_without_an_error() -> None:
    coordinator = Coordinator(
        offsets(error=14),
        offsets((A, -1, 16), (B, 4, 0)),
        offsets((A, 3, 0)),
        offsets((A, -1, 0), (B, 4, 0)),
    )
    assert await fetch_committed(coordinator, [A, B]) == {B: Committed(4)}
    assert coordinator.lookups == 4


@pytest.mark.parametrize(("text", "read"), [('{"until":9}', '{"until":9}'), (None, "")])
async def test_the_text_beside_an_offset_is_read(text: str | None, read: str) -> None:
    assert await fetch_committed(Coordinator(offsets((A, 3, 0), text=text)), [A]) == {A: Committed(3, read)}


async def test_a_forbidden_group_is_an_error_and_not_a_question_to_repeat() -> None:
    with pytest.raises(GroupAuthorizationFailedError):
        await fetch_committed(Coordinator(offsets((A, -1, 30))), [A])


async def test_a_position_is_committed_under_the_identity_of_the_opening() -> None:
    coordinator = Coordinator(committed_as(14), committed_as(0))
    await commit_position(coordinator, Member(7, "me"), A, Committed(12, "a note"))
    assert len(coordinator.asked) == 2
    request = coordinator.asked[-1]
    assert (request._consumer_group_generation_id, request._consumer_id) == (7, "me")
    assert request._topics == [("turns", [(3, 12, "a note")])]


@pytest.mark.parametrize("code", [22, 25, 27])
async def test_who_is_no_member_any_more_is_told_so(code: int) -> None:
    with pytest.raises(Revoked):
        await commit_position(Coordinator(committed_as(code)), Member(7, "me"), A, Committed(12))
