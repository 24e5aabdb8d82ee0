"""What the named queries answer, as typed values. Times are aware and UTC."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict


class Proof(TypedDict):
    """A turn that proves a fact."""

    turn_id: str
    quote: str | None
    said_at: datetime


class NamedEntity(TypedDict):
    """A name in a fact, resolved within its scope."""

    entity_id: str
    name: str
    type: str


class Fact(NamedTuple):
    """A fact as it stands now."""

    org_id: str
    user_id: str
    fact_id: str
    revision: int
    status: str
    type: str
    title: str
    content: str
    subject: str | None
    predicate: str | None
    object: str | None
    about: str
    asserted_by_role: str
    asserted_by_name: str | None
    confidence: float
    provenance: str
    visibility: str
    evidence: list[Proof]
    entities: list[NamedEntity]
    confirmations: int
    occurred_start: datetime | None
    occurred_end: datetime | None
    mentioned_at: datetime
    valid_from: datetime
    valid_to: datetime | None
    expires_at: datetime | None
    superseded_by: str | None
    job_ids: list[str]
    window_id: str
    extractor: str
    model: str
    prompt_version: str


class Letter(NamedTuple):
    """A dead letter without its bytes."""

    org_id: str
    user_id: str
    session_id: str
    job_id: str | None
    code: str
    message: str
    field: str | None
    stage: str
    subject: str
    attempt: int
    retryable: bool
    turn_ids: list[str]
    source_topic: str
    source_partition: int
    source_offset: int
    sent_at: datetime
    recorded_at: datetime
    bytes: int
    kept: bool


class Totals(NamedTuple):
    """How much went in and what became of it."""

    accepted: int
    resubmitted: int
    controls: int
    refused: int
    controls_refused: int
    turns_in: int
    turns_stored: int
    turns_duplicate: int
    turns_conflicting: int
    dead_letters: int
    windows_resolved: int
    extractions: int
    computed: int
    journal_hits: int
    cost_usd: float
    facts: int
    facts_active: int
    jobs: Mapping[str, int]

    @property
    def published(self) -> int:
        """Records of publishers that are accounted for: equal to what was sent, once everything has arrived."""
        return self.accepted + self.resubmitted + self.controls + self.refused + self.controls_refused
