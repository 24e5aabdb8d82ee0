"""All settings, read once from the environment (`TURNLOG_...`) by the entry point and passed down."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_HASH_KEY = "turnlog-local"


class WindowLimits(BaseSettings):
    """When a window closes. Part of a generation: other limits cut other windows."""

    model_config = SettingsConfigDict(env_prefix="TURNLOG_WINDOW_", frozen=True)

    turns: int = Field(20, ge=1, le=200, description="Most units in a window.")
    tokens: int = Field(2_000, ge=1, description="Most estimated tokens in a window (4 characters each).")
    gap_s: int = Field(300, ge=1, description="Idle seconds that close a window.")
    age_s: int = Field(1_800, ge=1, description="Greatest age of a window in seconds.")
    context_turns: int = Field(6, ge=0, le=100, description="Turns before a window that go along to be read.")
    context_tokens: int = Field(500, ge=0, description="Most estimated tokens of these.")


class Settings(BaseSettings):
    """One value for the whole process. Every default works in local mode."""

    model_config = SettingsConfigDict(env_prefix="TURNLOG_", frozen=True)

    kafka: str = Field("127.0.0.1:9092", description="Bootstrap servers of Kafka.")
    clickhouse: str = Field("http://127.0.0.1:8123", description="Where ClickHouse answers over HTTP.")
    clickhouse_user: str = Field("default", description="ClickHouse user.")
    clickhouse_password: str = Field("", description="Its password.", repr=False)
    clickhouse_database: str = Field(
        "turnlog", description="Database of the public views; tables stand in `<it>_data`."
    )
    state_dir: Path | None = Field(None, description="Folder of local mode; by default in the user's data folder.")

    turns_topic: str = Field("turns", description="The publishers' topic.")
    partitions: int = Field(8, ge=1, description="Partitions of every topic. Never changed in place.")
    replication: int = Field(1, ge=1, description="Replication factor of the topics we create.")
    generation: int = Field(1, ge=1, description="The generation that window, resolve and its sink derive.")

    hash_key: str = Field(LOCAL_HASH_KEY, min_length=8, repr=False, description="Secret key of all identifiers.")
    keep_dead_letter_bytes: bool = Field(True, description="Whether dead letters hold the original bytes.")
    shared_visibility_orgs: frozenset[str] = Field(
        frozenset(), description="Organisations that may use visibility knowledge and hive (JSON list)."
    )
    models: frozenset[str] = Field(frozenset(), description="Models a submission may name (JSON list).")

    extractor: str = Field("rules", description="Who extracts: rules.")
    calls: int = Field(8, ge=1, description="Extractor calls in flight, per partition.")

    session_timeout_s: float = Field(
        10.0, gt=0, description="Seconds until Kafka takes a silent worker's partitions away."
    )
    watch_s: float = Field(60.0, gt=0, description="Seconds without progress after which a worker ends itself.")
    instance_id: str | None = Field(None, description="Static group membership: a name of this worker, unique.")
    database_patience_s: float = Field(
        300.0, gt=0, description="Seconds a sink tries to reach ClickHouse before it ends itself."
    )
    sink_rows: int = Field(10_000, ge=1, description="Rows inserted together at most.")
    sink_wait_s: float = Field(0.25, gt=0, description="Seconds a row waits at most for others.")

    window: WindowLimits = Field(default_factory=WindowLimits)
