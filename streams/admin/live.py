"""The one row that says which generation readers see, and the settings that follow it."""

from typing import NamedTuple

from streams.adapters.clickhouse import UNKNOWN_DATABASE, UNKNOWN_TABLE, Database, Refused, open_database
from streams.errors import ConfigurationError
from streams.query.load import load
from streams.settings import Settings

QUERIES = load("streams.admin")


class Live(NamedTuple):
    """The row: which generation, those before it, the last one last, and how often it was changed."""

    generation: int
    before: tuple[int, ...] = ()
    flip: int = 0


FIRST = Live(1)
"""Where nothing was ever derived."""


def find_live(client: Database, database: str) -> Live:
    """What readers see now; `FIRST` where the database has not been made yet."""
    try:
        rows = QUERIES["live_generation"].run(client, data=_data(database))
    except Refused as error:
        if error.code in (UNKNOWN_DATABASE, UNKNOWN_TABLE):
            return FIRST
        raise
    return Live(rows[0]["generation"], tuple(rows[0].get("before", ())), rows[0]["flip"]) if rows else FIRST


def find_dropped(client: Database, database: str) -> frozenset[int]:
    """Numbers that are not used again."""
    try:
        rows = QUERIES["generations_dropped"].run(client, data=_data(database))
    except Refused as error:
        if error.code in (UNKNOWN_DATABASE, UNKNOWN_TABLE):
            return frozenset()
        raise
    return frozenset(row["generation"] for row in rows)


def promoted(live: Live, generation: int) -> Live:
    """The row that makes this generation live; going back leads to the one that was."""
    return Live(generation, (*live.before, live.generation), live.flip + 1)


def rolled_back(live: Live, dropped: frozenset[int]) -> Live:
    """The row that makes the generation before it live again. Raises ConfigurationError where there is none."""
    before = [generation for generation in live.before if generation not in dropped]
    if not before:
        raise ConfigurationError(
            f"generation {live.generation} is live, and none that still exists was live before it: "
            "turnlog generations list shows what there is, turnlog generations promote N chooses one"
        )
    return Live(before[-1], tuple(before[:-1]), live.flip + 1)


def flip(client: Database, database: str, row: Live) -> None:
    """Let readers see this generation from now on, in every view at once: one row is one insert."""
    columns = ("generation", "before", "flip")
    client.insert(f"{_data(database)}.live_generation", columns, [[row.generation], [list(row.before)], [row.flip]])


def follow_live(settings: Settings) -> Settings:
    """The settings, with the live generation where the environment names none."""
    if "generation" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"generation": live_generation(settings)})


def live_generation(settings: Settings) -> int:
    """What readers see now, asked through a connection of its own."""
    client = open_database(settings)
    try:
        return find_live(client, settings.clickhouse_database).generation
    finally:
        client.close()


def verify_not_dropped(settings: Settings) -> None:
    """Raises ConfigurationError where this generation was dropped: its old questions would be answered to it."""
    client = open_database(settings)
    try:
        _refuse_dropped(client, settings)
    finally:
        client.close()


def _refuse_dropped(client: Database, settings: Settings) -> None:
    if settings.generation in find_dropped(client, settings.clickhouse_database):
        raise ConfigurationError(
            f"generation {settings.generation} was dropped, and its number is not used again: extract's topics still "
            "hold what it asked. Take one that never was"
        )


def _data(database: str) -> str:
    return f"{database}_data"
