"""Whether the topics of a stage are what it needs: asked before anything is read, and at every assignment."""

import asyncio
import time
from typing import Any

from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaConnectionError

from streams.engine.exits import EngineError, ExitCode
from streams.engine.spec import StageSpec

SETTLE_S = 10.0
"""Metadata of new topics, or of a broker that comes back, takes a moment to spread."""


async def check_topics(client: Any, spec: StageSpec) -> None:
    """Raise unless every topic of the stage exists with the declared number of partitions.

    A broker that does not answer for so long is a KafkaConnectionError.
    """
    give_up = time.monotonic() + SETTLE_S
    while (wrong := await _wrong_topics(client, spec)) != []:
        if time.monotonic() > give_up:
            if wrong is None:
                raise KafkaConnectionError("no broker told which topics there are")
            raise EngineError(
                ExitCode.CRASH, f"{'; '.join(wrong)}, but stage {spec.name} needs {spec.partitions}. Create them so"
            )
        await asyncio.sleep(0.2)


async def _wrong_topics(client: Any, spec: StageSpec) -> list[str] | None:
    """None where no broker answers."""
    cluster = ClusterMetadata()
    if not await client._metadata_update(cluster, spec.topics):
        return None
    found = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in spec.topics}
    return [f"topic {topic} has {number} partitions" for topic, number in found.items() if number != spec.partitions]
