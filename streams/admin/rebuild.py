"""Let the sinks write everything again from Kafka: into a new database, or once more into the one there is."""

from collections.abc import Iterable

from schemas.topics import app_id, generations_among
from streams.adapters.kafka import open_kafka
from streams.adapters.kafka_trouble import KafkaRefused
from streams.admin.prepare import migrate_database
from streams.admin.topics import verify_topics
from streams.errors import ConfigurationError
from streams.settings import Settings


async def forget_rows_written(settings: Settings) -> tuple[str, ...]:
    """Make the tables where they are missing, then let the sinks of every generation begin at the logs' starts.

    Returns their groups. Rows that are there already are recognised when they come again, so the second time does no
    harm. Raises ConfigurationError while a sink runs: it would go on where it stands.
    """
    async with open_kafka(settings) as kafka:
        await verify_topics(kafka, settings)
        groups = sink_groups(await kafka.partitions())
        running = [group for group in groups if await kafka.members(group)]
        if running:
            raise ConfigurationError(f"{', '.join(running)}: stop the workers of these stages first")
        migrate_database(settings)
        for group in groups:
            try:
                await kafka.delete_group(group)
            except KafkaRefused as error:  # one has joined meanwhile
                raise ConfigurationError(f"{group}: stop the workers of this stage first ({error})") from error
    return groups


def sink_groups(topics: Iterable[str]) -> tuple[str, ...]:
    """The groups that write rows: the one of what has no generation, and one for each generation with topics."""
    return (app_id("sink", 0), *(app_id("sink-facts", generation) for generation in sorted(generations_among(topics))))
