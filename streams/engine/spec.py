"""A stage as the engine sees it: where it reads and writes, and how its part of a lane is built."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from streams.ports import Bury, Processor, Writer

Build = Callable[[int, Mapping[bytes, bytes]], Processor]
BuildWriter = Callable[[int], Writer]


class StageSpec(BaseModel):
    """One stage. With `build` its effects are Kafka transactions; with `writer` they lie outside Kafka."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="The stage's name in logs and in Faust's listings.")
    app_id: str = Field(min_length=1, description="Consumer group id, prefix of the transactional ids.")
    sources: tuple[str, ...] = Field(min_length=1, description="Topics it reads; equal partition numbers share a lane.")
    outputs: tuple[str, ...] = Field((), description="Topics it may write.")
    changelog: str | None = Field(None, description="The topic that holds its table; none for a writer.")
    tables_dir: Path | None = Field(None, description="Where its table lies on disk; None: in memory.")
    identity: str = Field("", description="What its table is made with; a table made with another is refused.")
    partitions: int = Field(ge=1, description="Partitions of every topic named here.")
    build: Build | None = Field(None, description="Called per assignment with partition number and table.")
    writer: BuildWriter | None = Field(None, description="Called per assignment with partition number.")
    bury: Bury | None = Field(
        None,
        description="Makes a dead letter of a record that crashed the stage too often; without it none is given up.",
    )
    chunk_max: int | None = Field(None, ge=1, description="Overrides the setting of this name.")
    fetch_bytes: int | None = Field(None, ge=1, description="Overrides the setting of this name.")
    patience_s: float | None = Field(
        None, gt=0, description="How long its own waits (a model, a database) may take; None: `watch_s`; inf: for ever."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.build is None) == (self.writer is None):
            raise ValueError("a stage has either build or writer")
        if (self.changelog is None) != (self.build is None):
            raise ValueError("a stage with build has a changelog, a writer has none")
        if self.writer is not None and self.outputs:
            raise ValueError("a writer has no outputs in Kafka")
        return self

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic of the stage, once; all have the same number of partitions."""
        changelog = (self.changelog,) if self.changelog else ()
        return tuple(dict.fromkeys((*self.sources, *self.outputs, *changelog)))
