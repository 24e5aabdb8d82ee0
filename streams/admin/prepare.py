"""Everything that must be there before a worker starts: topics and tables."""

import asyncio

from streams.adapters.clickhouse import open_database
from streams.adapters.kafka import open_kafka
from streams.admin.limits import write_limits
from streams.admin.live import verify_not_dropped
from streams.admin.migrate import migrate, verify
from streams.admin.topics import Difference, Ensured, alter_topics, ensure_topics, verify_topics
from streams.errors import ConfigurationError
from streams.ids import Ids
from streams.settings import LOCAL_HASH_KEY, Settings

MIGRATION_TIMEOUT_S = 3600
"""A statement may rewrite a large table."""
LOOPBACK = ("127.", "localhost", "[::1]")


def prepare(settings: Settings) -> None:
    """Make or verify the topics, then migrate. Raises ConfigurationError as those do. Harmless the second time."""
    asyncio.run(make_topics(settings))
    migrate_database(settings)


async def make_topics(settings: Settings) -> Ensured:
    """`ensure_topics` with a connection of its own."""
    async with open_kafka(settings) as kafka:
        return await ensure_topics(kafka, settings)


async def set_topics_right(settings: Settings) -> tuple[Difference, ...]:
    """`alter_topics` with a connection of its own."""
    async with open_kafka(settings) as kafka:
        return await alter_topics(kafka, settings)


async def verify_prepared(settings: Settings) -> None:
    """Raises ConfigurationError unless topics, tables and hash key are what a worker needs. Changes nothing."""
    await asyncio.to_thread(verify_not_dropped, settings)
    async with open_kafka(settings) as kafka:
        await verify_topics(kafka, settings)
    await asyncio.to_thread(_verify_database, settings)


def require_own_hash_key(settings: Settings) -> None:
    """Everybody knows the default key: it is for this machine only. Raises ConfigurationError elsewhere."""
    away = [broker for broker in settings.kafka.split(",") if not broker.strip().startswith(LOOPBACK)]
    if away and settings.hash_key == LOCAL_HASH_KEY:
        raise ConfigurationError(
            f"TURNLOG_HASH_KEY is not set and Kafka is not on this machine ({away[0]}): identifiers would be made with "
            "a key that everybody knows. Choose a secret one, keep it, and give it to every worker and turnlog migrate"
        )


def _verify_database(settings: Settings) -> None:
    require_own_hash_key(settings)
    database = open_database(settings)
    try:
        verify(database, settings.clickhouse_database, Ids(settings.hash_key).fingerprint())
    finally:
        database.close()


def migrate_database(settings: Settings) -> list[str]:
    """`migrate` with a connection of its own; the names of the migrations that were missing."""
    require_own_hash_key(settings)
    database = open_database(settings, timeout_s=MIGRATION_TIMEOUT_S)
    try:
        applied = migrate(database, settings.clickhouse_database, Ids(settings.hash_key).fingerprint())
        write_limits(database, settings)
        return applied
    finally:
        database.close()
