"""What an extractor is to this stage: it answers a request with proposals. `reply.py` decides whether they stand."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from schemas.event import Millis, Value
from schemas.extraction import Mention, Provenance
from streams.extract.request import Request
from streams.ids import Part


class Identity(NamedTuple):
    """All that makes two extractors answer differently. Part of the extraction key."""

    name: str
    version: str
    model: str
    prompt_version: str
    schema_version: int
    limits: tuple[tuple[str, int], ...] = ()

    def part(self) -> Part:
        limits: list[Part] = [list(limit) for limit in self.limits]
        return [self.name, self.version, self.model, self.prompt_version, self.schema_version, limits]


class Proof(Value):
    """A turn of the request by its number, and the words in it that say so."""

    turn: int
    quote: str | None = None


class Proposal(Value):
    """What an extractor claims to have found: a candidate before any check."""

    type: str
    content: str
    title: str | None = None
    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    about: str | None = None
    speaker: str | None = None
    confidence: float
    confidence_basis: str
    provenance: Provenance = "explicit_statement"
    evidence: tuple[Proof, ...]
    entities: tuple[Mention, ...] = ()
    occurred_start: Millis | None = None
    occurred_end: Millis | None = None
    expires_at: Millis | None = None


class Reply(Value):
    """An extractor's answer to one request, as it came. With `error` it is none, and is never journaled."""

    proposals: tuple[Proposal, ...] = ()
    raw: tuple[str, ...] = ()
    """A model's texts, letter for letter. They are read after the journal: newer code may see more in them."""
    spans: tuple[tuple[int, int], ...] = ()
    """For each text the turns it answers for, first and one past the last; empty: one text for all turns."""
    cut_off: int = 0
    """Turns whose text the model could not finish: what it would have said beyond is lost to a limit."""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_micros: int = 0
    latency_ms: int = 0
    attempts: int = 1
    finish_reason: str | None = None
    error: str | None = None


class Means(NamedTuple):
    """What an answer may take."""

    tried: bool = False
    """Whether the window was tried in vain before: it is not waited for, it waits in the table."""
    may_spend: Callable[[int], bool] = lambda micros: True
    """Holds so many millionths of a US dollar for one more question, if the budget has them."""


FRESH = Means()
"""Asked for the first time, and as dear as it may be."""


class Extractor(Protocol):
    """Finds proposals in a window. Its identity tells its behaviour: any change is a new version."""

    @property
    def in_process(self) -> bool:
        """Whether it computes its answers here, and waits for nobody."""

    def identity(self, model: str | None, prompt: str | None = None) -> Identity:
        """Who answers a request that names this model and the prompt with this hash, or none of them."""

    async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
        """Answer, after attempts of its own. For its first question the means are held already.

        Raises ExtractionFailed where no attempt will help and Unavailable where a later one may, both with what was
        spent; any other exception ends the process.
        """

    def estimate(self, request: Request, prompt_text: str | None = None) -> int:
        """The most that the first question about it can cost, in millionths of a US dollar."""

    def proposals(self, reply: Reply, request: Request) -> tuple[Proposal, ...]:
        """What a reply to this request says, now or from the journal. Never raises, whatever the model wrote."""
