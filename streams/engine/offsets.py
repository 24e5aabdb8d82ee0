"""The group's committed offsets, asked for and written with requests of our own.

aiokafka's `committed()` overlooks the error of a whole response: a coordinator that is still loading reads as
"nothing committed", and the log would be read again from its start.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    IllegalGenerationError,
    KafkaError,
    NotCoordinatorForGroupError,
    RebalanceInProgressError,
    RequestTimedOutError,
    UnknownMemberIdError,
    for_code,
)
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest

from streams.engine.exits import EngineError, ExitCode, Revoked
from streams.engine.report import report

RETRY_S = 0.1
NEED_ANOTHER_LOOK = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
    RequestTimedOutError,
)
NO_MEMBER_ANY_MORE = (IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)


class Member(NamedTuple):
    """Who we were in the group when a lane was opened; a commit under another identity would not be fenced."""

    group_generation: int
    member_id: str


class Committed(NamedTuple):
    """What a group has committed for a source: where it goes on, and the text it left there."""

    position: int
    text: str = ""


async def fetch_committed(coordinator: Any, sources: Sequence[TopicPartition]) -> dict[TopicPartition, Committed]:
    """What is committed for those sources that have it. Asks until every partition was answered without an error."""
    request = OffsetFetchRequest(coordinator.group_id, [(tp.topic, [tp.partition]) for tp in sources])
    while True:
        response = await _ask(coordinator, request)
        rows = [(TopicPartition(topic, row[0]), row[1:]) for topic, part in _topics(response) for row in part]
        codes = [getattr(response, "error_code", 0), *(code for _, (*_, code) in rows)]
        if _settled(coordinator, codes) and len(rows) == len(sources):
            return {tp: Committed(offset, text or "") for tp, (offset, *_, text, _) in rows if offset >= 0}
        await asyncio.sleep(RETRY_S)


async def commit_position(coordinator: Any, member: Member, source: TopicPartition, committed: Committed) -> None:
    """Commit one position under the identity the lane was opened with; `Revoked` when the group knows it no more."""
    request = OffsetCommitRequest(
        coordinator.group_id,
        member.group_generation,
        member.member_id,
        OffsetCommitRequest.DEFAULT_RETENTION_TIME,
        [(source.topic, [(source.partition, committed.position, committed.text)])],
    )
    while True:
        response = await _ask(coordinator, request)
        codes = [code for _, part in _topics(response) for _, code in part]
        if codes and _settled(coordinator, codes):
            return
        await asyncio.sleep(RETRY_S)


def starting_positions(
    starts: Mapping[TopicPartition, int],
    committed: Mapping[TopicPartition, int],
) -> dict[TopicPartition, int]:
    """Where to read on: the committed offset, else the log's start. Refuses an offset below the start (LOST)."""
    for source, start in starts.items():
        if committed.get(source, start) < start:
            raise EngineError(
                ExitCode.LOST,
                f"{source.topic}/{source.partition}: the committed offset {committed[source]} lies below the log's "
                f"start {start}: retention removed records that were not read. Restore the topic, or accept the loss: "
                "set the group's offset to the start (a stage with a table must also begin with an empty changelog)",
            )
    return {**starts, **committed}


def disagreements(
    sources: Iterable[TopicPartition],
    committed: Mapping[TopicPartition, int],
    recorded: Mapping[TopicPartition, int],
) -> list[str]:
    """Sources whose position in the changelog is not the committed offset. One transaction writes both."""
    return [
        f"{source.topic}/{source.partition}: changelog {recorded.get(source)}, committed {committed.get(source)}"
        for source in sources
        if recorded.get(source) != committed.get(source)
    ]


async def _ask(coordinator: Any, request: Any) -> Any:
    """Send to the group's coordinator -> its response, None when it could not be reached."""
    await coordinator.ensure_coordinator_known()
    try:
        return await coordinator._send_req(request)
    except KafkaError as error:
        if not error.retriable:
            raise
        return None


def _topics(response: Any) -> Sequence[Any]:
    return response.topics if response is not None else ()


def _settled(coordinator: Any, codes: Iterable[int]) -> bool:
    """True when nothing went wrong, False to ask again; raises what asking again does not mend."""
    kinds = {for_code(code) for code in codes if code}
    for kind in kinds:
        if issubclass(kind, NO_MEMBER_ANY_MORE):
            raise Revoked
        if not issubclass(kind, NEED_ANOTHER_LOOK):
            raise kind(coordinator.group_id)
    if kinds:
        report("offsets_not_answered", group=coordinator.group_id, errors=[kind.__name__ for kind in kinds])
        coordinator.coordinator_dead()
    return not kinds
