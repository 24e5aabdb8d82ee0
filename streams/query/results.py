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


class EvidenceTurn(NamedTuple):
    """A quote and the whole turn it stands in."""

    fact_id: str
    turn_id: str
    quote: str | None
    said_at: datetime
    session_id: str
    role: str
    name: str | None
    text: str


class Held(NamedTuple):
    """An interval in which a fact held; `valid_to` None: it still does."""

    fact_id: str
    type: str
    content: str
    subject: str | None
    predicate: str | None
    object: str | None
    valid_from: datetime
    valid_to: datetime | None
    superseded_by: str | None
    status: str


class StoredTurn(NamedTuple):
    """A turn of a conversation."""

    turn_id: str
    role: str
    name: str | None
    text: str
    said_at: datetime
    time_is_arrival: bool
    event_id: str | None
    job_id: str


class Job(NamedTuple):
    """A job's last attempt."""

    org_id: str
    user_id: str
    job_id: str
    session_id: str
    attempt: int
    state: str
    reason: str | None
    error: str | None
    accepted_at: datetime | None
    buffered_at: datetime | None
    processing_at: datetime | None
    ended_at: datetime | None
    turns_in: int
    turns_stored: int
    turns_duplicate: int
    turns_conflicting: int
    resubmissions: int
    windows: int
    windows_done: int
    windows_failed: int
    facts_created: int
    facts_reconfirmed: int
    facts_superseded: int
    dropped: Mapping[str, int]
    model_attempts: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    cost_usd: float
    extractor: str
    model: str
    prompt_version: str
    first_error: str | None
    last_error: str | None
    candidates: str
    trace_id: str
    title: str | None
    document_id: str | None


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
