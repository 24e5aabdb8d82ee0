"""All settings, read once from the environment (`TURNLOG_...`) by the entry point and passed down."""

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, JsonValue, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOCAL_HASH_KEY = "turnlog-local"
MOST_PRICE = 10_000.0
OURS = frozenset({"max_completion_tokens", "messages", "model", "n", "response_format", "stream"})
"""Fields of a question to a model that no option may change."""


class WindowLimits(BaseSettings):
    """When a window closes. Part of a generation: other limits cut other windows."""

    model_config = SettingsConfigDict(env_prefix="TURNLOG_WINDOW_", frozen=True)

    turns: int = Field(20, ge=1, le=200, description="Most units in a window.")
    tokens: int = Field(2_000, ge=1, le=32_000, description="Most estimated tokens in a window (4 characters each).")
    gap_s: int = Field(300, ge=1, description="Idle seconds that close a window.")
    age_s: int = Field(1_800, ge=1, description="Greatest age of a window in seconds.")
    context_turns: int = Field(6, ge=0, le=100, description="Turns before a window that go along to be read.")
    context_tokens: int = Field(500, ge=0, le=32_000, description="Most estimated tokens of these.")


class KafkaAccess(BaseSettings):
    """How Kafka is reached: in the clear or by TLS, and as whom."""

    model_config = SettingsConfigDict(env_prefix="TURNLOG_KAFKA_", frozen=True)

    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="Protocol of Kafka's listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."
    )
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How a user proves itself with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."
    )
    user: str = Field("", description="Kafka user, with SASL.")
    password: str = Field("", description="Its password.", repr=False)
    ca: Path | None = Field(
        None, description="PEM file of those who sign the brokers' certificates; else the system's."
    )
    certificate: Path | None = Field(None, description="PEM file of the client certificate, where brokers want one.")
    key: Path | None = Field(None, description="PEM file of its private key, unless the certificate's file holds it.")
    verify_host: bool = Field(True, description="Whether a broker's certificate must name the host it is reached at.")


class Price(BaseModel):
    """What a model costs, in US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, le=MOST_PRICE, validation_alias=AliasChoices("in", "input"))
    output: float = Field(ge=0, le=MOST_PRICE, validation_alias=AliasChoices("out", "output"))
    cached: float | None = Field(
        None, ge=0, le=MOST_PRICE, description="Input that the provider had in its cache; else as input."
    )


class Settings(BaseSettings):
    """One value for the whole process. Every default works in local mode."""

    model_config = SettingsConfigDict(env_prefix="TURNLOG_", frozen=True, populate_by_name=True)

    kafka: str = Field("127.0.0.1:9092", description="Bootstrap servers of Kafka.")
    kafka_access: KafkaAccess = Field(default_factory=KafkaAccess)
    clickhouse: str = Field("http://127.0.0.1:8123", description="Where ClickHouse answers, by HTTP or HTTPS.")
    clickhouse_user: str = Field("default", description="ClickHouse user.")
    clickhouse_password: str = Field("", description="Its password.", repr=False)
    clickhouse_ca: Path | None = Field(
        None, description="PEM file of those who sign ClickHouse's certificate; else the well-known ones."
    )
    clickhouse_certificate: Path | None = Field(
        None, description="PEM file of a client certificate; without a password it is also who we are."
    )
    clickhouse_key: Path | None = Field(None, description="PEM file of its private key.")
    clickhouse_verify: bool = Field(True, description="Whether ClickHouse's certificate is checked at all.")
    clickhouse_database: str = Field(
        "turnlog", description="Database of the public views; tables stand in `<it>_data`."
    )
    state_dir: Path | None = Field(None, description="Folder of local mode; by default in the user's data folder.")

    turns_topic: str = Field("turns", description="The publishers' topic.")
    partitions: int = Field(8, ge=1, description="Partitions of every topic. Never changed in place.")
    replication: int = Field(1, ge=1, description="Replication factor of the topics we create.")
    generation: int = Field(1, ge=1, description="The generation to derive; a worker without it: the live one.")

    hash_key: str = Field(LOCAL_HASH_KEY, min_length=8, repr=False, description="Secret key of all identifiers.")
    keep_dead_letter_bytes: bool = Field(True, description="Whether dead letters hold the original bytes.")
    shared_visibility_orgs: frozenset[str] = Field(
        frozenset(), description="Organisations that may use visibility knowledge and hive (JSON list)."
    )
    models: frozenset[str] = Field(frozenset(), description="Models a submission may name (JSON list).")

    openai_api_key: str = Field(
        "",
        repr=False,
        validation_alias=AliasChoices("TURNLOG_OPENAI_API_KEY", "OPENAI_API_KEY"),
        description="Key of the model server; also as OPENAI_API_KEY.",
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        validation_alias=AliasChoices("TURNLOG_OPENAI_BASE_URL", "OPENAI_BASE_URL"),
        description="Where an OpenAI-compatible server answers; also as OPENAI_BASE_URL.",
    )
    extractor: str = Field(
        default_factory=lambda given: "openai" if given.get("openai_api_key") else "rules",
        description="Who extracts: rules or openai. Without it openai where there is a key, else rules.",
    )
    model: str = Field("gpt-4.1-mini", min_length=1, description="The model of extractor openai.")
    model_options: dict[str, JsonValue] = Field(
        {}, description='More fields of every question to the model, as {"temperature": 0} (JSON object).'
    )
    prompt: Path | None = Field(None, description="File with the prompt of extractor openai, instead of the shipped.")
    prices: dict[str, Price] = Field(
        {},
        description='By model, USD per million tokens: {"gpt-4.1-mini": {"in": 0.4, "out": 1.6, "cached": 0.1}}.',
    )
    max_output_tokens: int = Field(4_096, ge=16, le=131_072, description="Most tokens of one answer of the model.")
    call_timeout_s: float = Field(
        60.0, gt=0, le=3_600, description="Seconds until a question to the model is given up."
    )
    call_attempts: int = Field(3, ge=1, le=10, description="Attempts for a usable answer.")
    call_patience_s: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="Seconds a window waits for a model server that is busy, before it is deferred.",
    )
    calls: int = Field(8, ge=1, le=1_000, description="Extractor calls in flight, per partition.")
    scope_budget_micros: int = Field(
        0, ge=0, description="Most that the extractions of a scope may cost on a UTC day, in micros; 0: no limit."
    )

    session_timeout_s: float = Field(
        10.0, gt=0, description="Seconds until Kafka takes a silent worker's partitions away."
    )
    watch_s: float = Field(60.0, gt=0, description="Seconds without progress after which a worker ends itself.")
    instance_id: str | None = Field(None, description="Static group membership: a name of this worker, unique.")
    http: str = Field(
        "", description="Where /metrics and /health answer, as 127.0.0.1:9464 or unix:/path; without it nowhere."
    )
    standby: bool = Field(
        True, description="Keep a loaded process (about 100 MB) ready to take the place of a stage that ended."
    )
    tables_dir: Path | None = Field(
        None, description="Folder on this machine's disk for large tables; without it all tables are in memory."
    )
    tables_on_disk: frozenset[Literal["ingest", "window", "extract", "resolve"]] = Field(
        frozenset({"extract"}), description="The stages whose tables lie there (JSON list)."
    )
    log: Literal["text", "json"] = Field("text", description="Form of the log's lines: text or json.")
    database_patience_s: float = Field(
        300.0, gt=0, le=86_400, description="Seconds a sink tries to reach ClickHouse before it ends itself."
    )
    sink_rows: int = Field(10_000, ge=1, description="A batch of so many rows waits for no more.")
    sink_wait_s: float = Field(0.1, gt=0, description="Seconds a batch waits for more rows at most.")

    window: WindowLimits = Field(default_factory=WindowLimits)

    @field_validator("model_options")
    @classmethod
    def _leave_ours(cls, options: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if ours := sorted(OURS & options.keys()):
            raise ValueError(f"{', '.join(ours)}: turnlog says this itself, and no option may change it")
        return options

    @property
    def extraction_s(self) -> float:
        """The longest that one window may keep its worker: all its questions, and its waits for a busy server."""
        return self.call_timeout_s * self.call_attempts + self.call_patience_s


def env_prefix(group: str) -> str:
    """How the variables of a group of settings begin; `group` is the name of its class."""
    return {kind.__name__: str(kind.model_config["env_prefix"]) for kind in BaseSettings.__subclasses__()}[group]
