"""Results to resolve, and a way to run the stage over them in any split into chunks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import orjson

from schemas.event import Event
from schemas.extraction import Candidate, Evidence, JobShare, Speaker, WindowExtracted, WindowOptions
from schemas.fact import FactRecorded, WindowResolved
from schemas.job import JobChanged
from streams.codec import decode, encode
from streams.ids import Ids
from streams.ports import Chunk, Effects, Headers, Output
from streams.resolve.agents import build
from streams.settings import Settings

SETTINGS = Settings()
IDS = Ids(SETTINGS.hash_key)
YEAR = 365 * 86_400_000


def hash_of(name: object) -> str:
    """An identifier, as hash-like as any."""
    return IDS.digest("example", str(name)).hex()


def year(number: int) -> int:
    """About the start of that year."""
    return (number - 1970) * YEAR


def proof(turn: object, said_at: int = 0, *, offset: int = 0, index: int = 0, quote: str | None = None) -> Evidence:
    return Evidence(turn_id=hash_of(turn), quote=quote, said_at=said_at, offset=offset, index=index)


def candidate(content: str, *evidence: Evidence, **fields: object) -> Candidate:
    plain: dict[str, object] = {
        "type": "fact",
        "title": content[:100],
        "content": content,
        "about": "Ann",
        "asserted_by": Speaker(role="user", name="Ann"),
        "confidence": 0.8,
        "confidence_basis": "first person",
        "provenance": "explicit_statement",
        "evidence": evidence,
    }
    return Candidate.model_validate(plain | fields)


def lives_in(city: str, *evidence: Evidence, **fields: object) -> Candidate:
    """A statement about a slot."""
    slot = {"subject": "Ann", "predicate": "lives_in", "object": city}
    return candidate(f"Ann lives in {city}.", *evidence, **(slot | fields))


def share(job: str, *, units: int = 1, total: int = 1, tokens: int = 10) -> JobShare:
    return JobShare(job_id=job, units=units, total=total, tokens=tokens, trace_id=f"trace-{job}")


def extracted(window: object, *candidates: Candidate, **fields: object) -> WindowExtracted:
    plain: dict[str, object] = {
        "org_id": "acme",
        "user_id": "ann",
        "generation": 1,
        "session_id": "talk",
        "window_id": hash_of(("window", window)),
        "extraction_key": hash_of(("extraction", window)),
        "outcome": "extracted",
        "candidates": candidates,
        "jobs": (share("job-1"),),
        "units": 1,
        "closed_by": "flush",
        "closed_at": 1_700_000_000_000,
        "extractor": "rules",
        "model": "rules-1",
        "prompt_version": "-",
        "schema_version": 1,
    }
    return WindowExtracted.model_validate(plain | fields)


def failed(window: object, error: str = "refused", **fields: object) -> WindowExtracted:
    return extracted(window, outcome="failed", error=error, **fields)


def dry_run(window: object, *candidates: Candidate, **fields: object) -> WindowExtracted:
    return extracted(window, *candidates, options=WindowOptions(dry_run=True), **fields)


class Stored(NamedTuple):
    """A record of the results topic."""

    offset: int
    value: bytes | None
    key: bytes | None = b"acme/ann"
    topic: str = "results"
    partition: int = 3
    timestamp: int = 1
    headers: Headers = (("trace-id", b"t-1"),)


class Run:
    """The stage over a growing state, and all it wrote."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.state: dict[bytes, bytes] = {}
        self.outputs: list[Output] = []
        self._stage = build(settings)(3, self.state)
        self._offset = 0

    def take(self, *results: WindowExtracted) -> list[Event]:
        """One chunk; gives the events it led to, dead letters apart."""
        records = [Stored(self._offset + at, encode(result)) for at, result in enumerate(results)]
        chunk = Chunk("results", 3, records, self._offset, self._offset + len(records))
        effects = self._stage.process(chunk, self.state)
        assert isinstance(effects, Effects)
        outputs = list(effects.outputs)
        self.state |= effects.changes
        self.outputs += outputs
        self._offset += len(records)
        return events_in(outputs)

    @property
    def events(self) -> list[Event]:
        return events_in(self.outputs)

    @property
    def facts(self) -> dict[str, FactRecorded]:
        """The last revision of each, by content."""
        return {event.content: event for event in self.events if isinstance(event, FactRecorded)}

    @property
    def jobs(self) -> dict[str, JobChanged]:
        """The last revision of each."""
        return {event.job_id: event for event in self.events if isinstance(event, JobChanged)}


def events_in(outputs: Iterable[Output]) -> list[Event]:
    """But for dead letters. A job's event says just what its model would, though it is written without it."""
    values = [output.value or b"" for output in outputs if output.topic != "dead-letters"]
    events = [decode(value) for value in values]
    for value, event in zip(values, events, strict=True):
        assert orjson.loads(value) == orjson.loads(encode(event))
    return events


def facts_in(events: Iterable[Event]) -> list[FactRecorded]:
    return [event for event in events if isinstance(event, FactRecorded)]


def resolved_in(events: Iterable[Event]) -> list[WindowResolved]:
    return [event for event in events if isinstance(event, WindowResolved)]


def jobs_in(events: Iterable[Event]) -> list[JobChanged]:
    return [event for event in events if isinstance(event, JobChanged)]


def run_all(results: Sequence[WindowExtracted], cuts: Iterable[int] = ()) -> Run:
    """The stage over all results, a new chunk at each cut."""
    run = Run()
    bounds = sorted({0, len(results), *(cut for cut in cuts if cut <= len(results))})
    for start, stop in pairwise(bounds):
        run.take(*results[start:stop])
    return run


def times_of(fact: FactRecorded) -> list[tuple[int, int | None]]:
    return [(interval.valid_from, interval.valid_to) for interval in fact.intervals]


def letters(keys: Iterable[bytes]) -> Counter[str]:
    """How many keys of each kind a table holds."""
    return Counter(chr(key[0]) for key in keys)
