"""Whether a producer has a transaction open anywhere: Kafka's DescribeProducers, which aiokafka does not know.

Asked after init, when there can be none. A broker that lost a commit marker has one all the same: readers stop at it,
and the producer's next marker decides about it anew. If that is an abort, records that were committed are gone.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from typing import Any, ClassVar

from aiokafka import TopicPartition
from aiokafka.errors import (
    IncompatibleBrokerVersion,
    KafkaError,
    LeaderNotAvailableError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from streams.engine.report import report

RETRY_S = 0.1
NONE_OPEN = -1


class ProducersDescribed(Response):  # type: ignore[misc]
    API_KEY: ClassVar[int] = 61
    API_VERSION: ClassVar[int] = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition_index", Int32),
                        ("error_code", Int16),
                        ("error_message", CompactString("utf-8")),
                        (
                            "active_producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp", Int64),
                                ("coordinator_epoch", Int32),
                                ("current_txn_start_offset", Int64),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeProducersV0(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 61
    API_VERSION = 0
    RESPONSE_TYPE = ProducersDescribed
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("partitions", CompactArray(Int32)),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeProducersRequest(Request[DescribeProducersV0]):  # type: ignore[misc]
    API_KEY = 61

    def __init__(self, topics: list[Any]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[DescribeProducersV0]) -> DescribeProducersV0:
        return request_struct_class(self._topics, {})


async def left_open(client: Any, producer_id: int, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    """Where transactions of this producer are open, and at which offset each began. Asks until every leader answered.

    Nothing is known of a broker before 2.8, nor by a user without the right to read what it writes.
    """
    while True:
        try:
            return await _ask(client, producer_id, places)
        except (IncompatibleBrokerVersion, TopicAuthorizationFailedError) as error:
            report("open_transactions_unknown", error=type(error).__name__)
            return {}
        except KafkaError as error:
            if not error.retriable:
                raise
            client.force_metadata_update()
            await asyncio.sleep(RETRY_S)


async def _ask(client: Any, producer_id: int, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    found = {}
    for node, topics in (await _by_leader(client, places)).items():
        request = DescribeProducersRequest([(name, numbers, {}) for name, numbers in topics.items()])
        for name, partitions, _ in (await client.send(node, request)).topics:
            for number, code, _, producers, _ in partitions:
                if code:
                    raise for_code(code)(f"{name}/{number}")
                began = {each[0]: each[5] for each in producers}.get(producer_id, NONE_OPEN)
                if began != NONE_OPEN:
                    found[TopicPartition(name, number)] = began
    return found


async def _by_leader(client: Any, places: Collection[TopicPartition]) -> dict[int, dict[str, list[int]]]:
    asked: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for topic in {place.topic for place in places}:
        await client._wait_on_metadata(topic)
    for place in places:
        leader = client.cluster.leader_for_partition(place)
        if leader is None or leader < 0:
            raise LeaderNotAvailableError(f"{place.topic}/{place.partition}")
        asked[leader][place.topic].append(place.partition)
    return asked
