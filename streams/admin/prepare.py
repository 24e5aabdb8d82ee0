"""Everything that must be there before a worker starts: topics and tables."""

import asyncio

from streams.adapters.clickhouse import open_database
from streams.adapters.kafka import KafkaAdmin
from streams.admin.migrate import migrate
from streams.admin.topics import Ensured, ensure_topics
from streams.ids import Ids
from streams.settings import Settings


def prepare(settings: Settings) -> None:
    """Make or verify the topics, then migrate. Raises ConfigurationError as those do. Harmless the second time."""
    asyncio.run(make_topics(settings))
    migrate_database(settings)


async def make_topics(settings: Settings) -> Ensured:
    """`ensure_topics` with a connection of its own."""
    async with KafkaAdmin(settings.kafka) as kafka:
        return await ensure_topics(kafka, settings)


def migrate_database(settings: Settings) -> list[str]:
    """`migrate` with a connection of its own; the names of the migrations that were missing."""
    database = open_database(settings)
    try:
        return migrate(database, settings.clickhouse_database, Ids(settings.hash_key).fingerprint())
    finally:
        database.close()
