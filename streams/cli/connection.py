"""Which Kafka and which ClickHouse a command talks to: the environment's, else those of the running local services."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from streams.adapters.clickhouse import Database, open_database
from streams.cli.exits import NotRunning
from streams.errors import ConfigurationError
from streams.settings import Settings, env_prefix

SERVICES = {"kafka": "TURNLOG_KAFKA", "clickhouse": "TURNLOG_CLICKHOUSE"}


def read_settings() -> Settings:
    """The settings of the environment. Raises ConfigurationError naming those that cannot be read, not their values."""
    try:
        return Settings()
    except ValidationError as error:
        prefix = env_prefix(error.title)
        told = (f"{prefix}{'_'.join(map(str, at['loc']))}".upper() + f": {at['msg']}" for at in error.errors())
        raise ConfigurationError("\n".join(told)) from None
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None


def settings_of(state_dir: Path | None, *needed: str) -> Settings:
    """The settings with the addresses of the needed services (by default both) filled in.

    Raises NotRunning when neither the environment nor a running local stack names one of them.
    """
    settings = read_settings()
    unknown = [name for name in needed or SERVICES if name not in settings.model_fields_set]
    if not unknown:
        return settings
    from streams.cli.stack import running

    endpoints = running(state_dir or settings.state_dir)
    if endpoints is None:
        names = " and ".join(SERVICES[name] for name in unknown)
        raise NotRunning(f"{names} not set, and no local services are running here. Start them with: turnlog up")
    return settings.model_copy(update={name: getattr(endpoints, name) for name in unknown})


@contextmanager
def public_views(state_dir: Path | None) -> Iterator[tuple[Database, Settings]]:
    """A connection in which the public views are found by their names."""
    settings = settings_of(state_dir, "clickhouse")
    database = open_database(settings, database=settings.clickhouse_database)
    try:
        yield database, settings
    finally:
        database.close()
