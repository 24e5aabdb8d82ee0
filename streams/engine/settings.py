"""What the engine needs to know about Kafka and time. The defaults suit a local broker."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from streams.runs import Runs


class EngineSettings(BaseModel):
    """The same for every stage of a process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brokers: str = Field("127.0.0.1:9092", description="Bootstrap servers: host:port, comma separated.")
    security: Mapping[str, Any] = Field(
        {}, repr=False, description="Further arguments of every Kafka client: security_protocol, ssl_context, sasl_*."
    )
    instance_id: str | None = Field(None, description="Static group membership: a name unique among the workers.")

    session_timeout_s: float = Field(10.0, gt=0, description="Silence after which the group gives partitions away.")
    heartbeat_s: float = Field(2.0, gt=0, description="Seconds between two signs of life.")
    rebalance_timeout_s: float = Field(20.0, gt=0, description="How long a rebalance waits for a busy member.")
    transaction_timeout_ms: int = Field(10_000, gt=0, description="How long a dead worker's transaction may stay open.")

    chunk_max: int | None = Field(
        None, ge=1, description="Most records in a chunk; None: a fetch's, and what is gathered."
    )
    fetch_bytes: int = Field(
        1 << 20, ge=1, description="Most bytes one fetch brings of a partition; one record may be larger."
    )
    fetch_wait_ms: int = Field(30, ge=1, description="How long a fetch waits while other records are worked on.")
    idle_wait_ms: int = Field(500, ge=1, description="How long it waits while nothing is; new records end the wait.")
    batch_bytes: int = Field(512 << 10, ge=1, description="Size at which records to write are cut into batches.")
    record_max: int = Field(4 << 20, ge=1, description="Largest record that may be written, with its headers.")

    watch_s: float = Field(60.0, gt=0, description="Seconds without progress after which the process ends itself.")
    run: str = Field("", description="Names this run of the process.")
    died: str = Field("", description="Names the one before it, if that died of what it executed.")
    shutdown_grace_s: float = Field(10.0, gt=0, description="A stop ends with exit 0 within this, broker or not.")

    def client(self) -> dict[str, Any]:
        """Arguments common to all Kafka clients."""
        return {"bootstrap_servers": self.brokers.split(","), **self.security}

    def following(self, runs: Runs) -> Self:
        """The same for this run of the process."""
        return self.model_copy(update={"run": runs.name, "died": runs.died}) if runs.name else self
