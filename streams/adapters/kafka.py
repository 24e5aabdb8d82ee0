"""Kafka for everybody who is no stage: topics, groups, offsets. Kafka's trouble is raised in our words."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupIdNotFound,
    GroupLoadInProgressError,
    KafkaConnectionError,
    NotCoordinatorForGroupError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.admin import DeleteGroupsRequest

from streams.adapters.kafka_security import client_security
from streams.adapters.kafka_trouble import errors_of_ours, refusal_at_the_door
from streams.settings import KafkaAccess, Settings

READ_COMMITTED = "read_committed"
SET_ON_TOPIC = 1
"""Where a setting's value comes from, as Kafka numbers it."""
MARKERS_S = 2.0
LEADERS_S, COORDINATOR_S, RETRY_S = 15.0, 15.0, 0.1


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class TopicPlan(NamedTuple):
    """A topic to create."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


class KafkaAdmin:
    """Questions about topics and offsets, and new topics. An asynchronous context: `async with open_kafka(...)`."""

    def __init__(self, brokers: str, access: KafkaAccess | None = None, *, timeout_s: float = 15.0) -> None:
        """`access`: by default a broker in the clear."""
        security = client_security(access) if access else {}
        about = {"bootstrap_servers": brokers.split(","), "request_timeout_ms": int(timeout_s * 1000), **security}
        self._brokers, self._security = brokers, security
        self._about = about
        self._admin: Any = None
        self._reader: Any = None

    async def __aenter__(self) -> Self:
        with errors_of_ours(self._brokers):
            # both read the running loop when they are made
            self._admin = AIOKafkaAdminClient(**self._about)
            self._reader = self._new_reader()
            try:
                await self._admin.start()
                await self._reader.start()
            except KafkaConnectionError:
                await self.__aexit__(None, None, None)
                await refusal_at_the_door(self._brokers, self._security)
                raise
            except BaseException:
                await self.__aexit__(None, None, None)
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._reader.stop()
        await self._admin.close()

    async def partitions(self) -> dict[str, int]:
        """Every topic there is, with its number of partitions."""
        with errors_of_ours(self._brokers):
            return {topic["topic"]: len(topic["partitions"]) for topic in await self._admin.describe_topics()}

    async def configs(self, topics: Iterable[str]) -> dict[str, dict[str, str]]:
        """The settings of these topics, defaults included."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
        with errors_of_ours(self._brokers):
            answers = await self._admin.describe_configs(asked)
            found = [resource for answer in answers for resource in answer.resources]
            for code, message, _, topic, _ in found:
                if code:
                    raise for_code(code)(f"{topic}: {message or 'no answer'}")
        return {topic: {entry[0]: entry[1] for entry in entries} for _, _, _, topic, entries in found}

    async def alter(self, topic: str, changes: Mapping[str, str]) -> None:
        """Change settings of a topic; those that it has of its own besides stay."""
        with errors_of_ours(self._brokers):
            # the request that aiokafka 0.14.0 has replaces all of them
            (answer,) = await self._admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
            ((code, message, _, _, entries),) = answer.resources
            own = {name: value for name, value, _, source, *_ in entries if source == SET_ON_TOPIC}
            if not code:
                wanted = ConfigResource(ConfigResourceType.TOPIC, topic, configs={**own, **changes})
                (answer,) = await self._admin.alter_configs([wanted])
                ((code, message, *_),) = answer.resources
            if code:
                raise for_code(code)(f"{topic}: {message or 'no answer'}")

    async def create(self, plans: Sequence[TopicPlan]) -> None:
        """Make these topics and wait until they can be used. One that somebody else made meanwhile is left as it is."""
        topics = [NewTopic(p.name, p.partitions, p.replication, topic_configs=dict(p.config)) for p in plans]
        with errors_of_ours(self._brokers):
            answer = await self._admin.create_topics(topics)
            for topic, code, message in answer.topic_errors:
                error = for_code(code)
                if code and error is not TopicAlreadyExistsError:
                    raise error(f"{topic}: {message or error.__name__}")
            await self._wait_for_leaders({plan.name for plan in plans})

    async def _wait_for_leaders(self, topics: set[str]) -> None:
        """A new topic is known to a broker, and led, some moments after it was made."""
        async with asyncio.timeout(LEADERS_S):
            while True:
                found = {about["topic"]: about["partitions"] for about in await self._admin.describe_topics()}
                parts = [part for topic in topics for part in found.get(topic, ())]
                if topics <= found.keys() and not any(part["error_code"] for part in parts):
                    return
                await asyncio.sleep(RETRY_S)

    async def delete(self, topics: Sequence[str]) -> None:
        """Delete these topics, one after the other. One that is not there is passed over."""
        with errors_of_ours(self._brokers):
            for topic in topics:
                answer = await self._admin.delete_topics([topic])
                for name, code, *_ in answer.topic_error_codes:
                    error = for_code(code)
                    if code and error is not UnknownTopicOrPartitionError:
                        raise error(f"{name}: {error.__name__}")

    async def delete_group(self, group: str) -> None:
        """Forget a consumer group with its offsets. One that is not there is passed over; one with members is refused
        by the broker."""

        async def ask() -> None:
            # aiokafka 0.14.0 knows the request and has no method for it
            node = await self._admin.find_coordinator(group)
            answer = await self._admin._send_request(DeleteGroupsRequest([group]), node)
            for name, code in answer.results:
                error = for_code(code)
                if code and error is not GroupIdNotFound:
                    raise error(f"{name}: {error.__name__}")

        await self._with_coordinator(ask)

    async def starts(self, places: Iterable[Place]) -> dict[Place, int]:
        """The first offset that the log still holds."""
        with errors_of_ours(self._brokers):
            return _placed(await self._reader.beginning_offsets(_partitions(places)))

    async def ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """Where a reader of committed records would stop now; what lies below is decided for good."""
        with errors_of_ours(self._brokers):
            return _placed(await self._reader.end_offsets(_partitions(places)))

    async def written_ends(self, places: Iterable[Place]) -> dict[Place, int]:
        """Where the logs end, with what is written and not yet decided, or decided and not yet readable."""
        reader = AIOKafkaConsumer(**self._about, isolation_level="read_uncommitted", enable_auto_commit=False)
        with errors_of_ours(self._brokers):
            await reader.start()
            try:
                return _placed(await reader.end_offsets(_partitions(places)))
            finally:
                await reader.stop()

    async def committed(self, group: str) -> dict[Place, int]:
        """The offsets a group has committed. A group that was never there has none."""
        found = await self._with_coordinator(lambda: self._admin.list_consumer_group_offsets(group))
        return {Place(*partition): about.offset for partition, about in found.items() if about.offset >= 0}

    async def notes(self, group: str) -> dict[Place, str]:
        """The texts that a group has left beside its offsets, where it left one."""
        found = await self._with_coordinator(lambda: self._admin.list_consumer_group_offsets(group))
        return {Place(*partition): about.metadata for partition, about in found.items() if about.metadata}

    async def members(self, group: str) -> int:
        """How many consumers a group has at the moment."""
        # one group a request: aiokafka 0.14.0 misreads an answer about several
        (answer,) = await self._with_coordinator(lambda: self._admin.describe_consumer_groups([group]))
        return sum(len(found[5]) for found in answer.groups)

    async def is_settled(self, group: str) -> bool:
        """Whether a group has members that have agreed on who reads which partitions."""
        (answer,) = await self._with_coordinator(lambda: self._admin.describe_consumer_groups([group]))
        return all(found[2] == "Stable" and found[5] for found in answer.groups)

    async def _with_coordinator(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """A broker that has just started makes or loads its list of groups first."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + COORDINATOR_S
        with errors_of_ours(self._brokers):
            while True:
                try:
                    return await ask()
                except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
                    if clock() > deadline:
                        raise
                    await asyncio.sleep(RETRY_S)

    async def hold_records(self, spans: Mapping[Place, tuple[int, int]]) -> set[Place]:
        """Of these spans of offsets (from, to) those with a record in them: not only markers of transactions.

        A span that cannot be read through in two seconds counts as one with records.
        """
        asked = {TopicPartition(*place): span for place, span in spans.items()}
        # a consumer of its own: one that is told to read something else may never come to its end (aiokafka 0.14.0)
        reader = self._new_reader()
        with errors_of_ours(self._brokers):
            reader.assign(list(asked))
            await reader.start()
            try:
                for partition, (first, _) in asked.items():
                    reader.seek(partition, first)
                full = await _read_through(reader, {partition: end for partition, (_, end) in asked.items()})
            finally:
                await reader.stop()
        return {Place(*partition) for partition in full}

    async def first_times(self, positions: Mapping[Place, int]) -> dict[Place, int]:
        """When the first record at or after each position was written (epoch ms), as far as two seconds tell."""
        asked, found = {TopicPartition(*place): at for place, at in positions.items()}, dict[Place, int]()
        reader = self._new_reader()
        with errors_of_ours(self._brokers):
            reader.assign(list(asked))
            await reader.start()
            try:
                for partition, position in asked.items():
                    reader.seek(partition, position)
                deadline = asyncio.get_running_loop().time() + MARKERS_S
                while len(found) < len(asked) and asyncio.get_running_loop().time() < deadline:
                    for partition, records in (await reader.getmany(timeout_ms=100)).items():
                        found.setdefault(Place(*partition), records[0].timestamp)
                        reader.pause(partition)
            finally:
                await reader.stop()
        return found

    def _new_reader(self) -> Any:
        return AIOKafkaConsumer(
            **self._about,
            isolation_level=READ_COMMITTED,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=64 << 10,
        )


async def _read_through(reader: Any, ends: dict[TopicPartition, int]) -> set[TopicPartition]:
    """The partitions that hold a record below their end, or could not be read up to it in time."""
    full: set[TopicPartition] = set()
    undecided = set(ends)
    clock = asyncio.get_running_loop().time
    deadline = clock() + MARKERS_S
    while undecided and clock() < deadline:
        found = await reader.getmany(timeout_ms=100)
        for partition in list(undecided):
            records = [record for record in found.get(partition, ()) if record.offset < ends[partition]]
            if records:
                full.add(partition)
            if records or await reader.position(partition) >= ends[partition]:
                undecided.discard(partition)
    return full | undecided


def open_kafka(settings: Settings, *, timeout_s: float = 15.0) -> KafkaAdmin:
    """The Kafka that the settings name. Nothing is sent yet."""
    return KafkaAdmin(settings.kafka, settings.kafka_access, timeout_s=timeout_s)


def _partitions(places: Iterable[Place]) -> list[TopicPartition]:
    return [TopicPartition(*place) for place in places]


def _placed(offsets: Mapping[TopicPartition, int]) -> dict[Place, int]:
    return {Place(*partition): offset for partition, offset in offsets.items()}
