"""What the database must know of the settings: `jobs_stuck` goes by it."""

from math import ceil

from streams.adapters.clickhouse import Database
from streams.settings import Settings


def extraction_s(settings: Settings) -> int:
    """The longest that extraction may take with one window: all its attempts, and its wait for a busy model server."""
    return ceil(settings.extraction_s)


def write_limits(client: Database, settings: Settings) -> None:
    """Tell the database these settings; those told last stand."""
    row = {"id": 1, "window_age_s": settings.window.age_s, "extraction_s": extraction_s(settings)}
    client.insert(f"{settings.clickhouse_database}_data.limits", tuple(row), [[value] for value in row.values()])
