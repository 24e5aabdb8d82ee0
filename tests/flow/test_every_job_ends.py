"""The four stages over any submissions, in process: every accepted job comes to its end, and the sums are right."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import WindowClosed, WindowExtracted
from schemas.fact import FactRecorded, WindowResolved
from schemas.job import END_STATES, STATES, JobChanged
from schemas.log import SubmissionAccepted
from schemas.topics import facts_topic, jobs_topic
from streams.extract.agents import Extract
from streams.extract.extractor import FRESH, Means, Reply
from streams.extract.request import Request
from streams.extract.rules import Rules
from streams.ids import Ids, scope_key
from streams.ingest.agents import build as build_ingest
from streams.partitioning import partition_of
from streams.resolve.agents import build as build_resolve
from streams.settings import Settings, WindowLimits
from streams.window.agents import build as build_window
from tests.samples.test_flow import PARTITIONS, Topics

PRICE = 7
TEXTS = ("I live in Berlin.", "I live in Oslo.", "I like tea.", "Hi", "  ", "I have a cat named Miso. " * 60)
WHO = {"org_id": "acme", "user_id": "ann"}
Fields = dict[str, Any]


class Priced(Rules):
    """The rules, at a price."""

    def __init__(self) -> None:
        self.asked = 0

    async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
        self.asked += 1
        return (await super().extract(request)).model_copy(update={"cost_micros": PRICE, "tokens_in": 11})


class Outcome(NamedTuple):
    """What came of some submissions."""

    topics: Topics
    asked: int

    @property
    def accepted(self) -> list[SubmissionAccepted]:
        return [event for event in self.topics.events("conversations") if isinstance(event, SubmissionAccepted)]

    @property
    def states(self) -> dict[tuple[str, int], str]:
        """By job and attempt, the highest state."""
        found: dict[tuple[str, int], int] = {}
        for event in self._jobs():
            job = event.job_id, event.attempt
            found[job] = max(found.get(job, 0), STATES.index(event.state))
        return {job: STATES[state] for job, state in found.items()}

    @property
    def resolved(self) -> dict[tuple[str, int], JobChanged]:
        """By job and attempt, the last that resolve said."""
        return {(event.job_id, event.attempt): event for event in self._jobs() if event.part == "resolved"}

    @property
    def results(self) -> list[WindowExtracted]:
        return [event for event in self.topics.events("results") if isinstance(event, WindowExtracted)]

    @property
    def facts(self) -> dict[str, FactRecorded]:
        return {event.fact_id: event for event in self.topics.events(facts_topic(1)) if isinstance(event, FactRecorded)}

    def _jobs(self) -> Iterable[JobChanged]:
        return [event for event in self.topics.events(jobs_topic(1)) if isinstance(event, JobChanged)]


async def flow(submissions: list[Fields]) -> Outcome:
    """Publish the submissions, end their sessions, and run every stage to its end."""
    topics, extractor = Topics(), Priced()
    config = Settings(partitions=PARTITIONS, window=WindowLimits(turns=4, tokens=300))
    key = scope_key(**WHO)
    sessions = dict.fromkeys(submission["session_id"] for submission in submissions)
    endings = [{"type": "session_ended", "session_id": session_id} for session_id in sessions]
    for fields in (*submissions, *endings):
        topics.write("turns", partition_of(key, PARTITIONS), key, orjson.dumps(WHO | fields), ())
    await topics.run(build_ingest(config), "turns")
    await topics.run(build_window(config), "conversations")
    ids = Ids(config.hash_key)
    await topics.run(lambda partition, state: Extract(lambda name: extractor, ids, state, calls=2), "extractions")
    await topics.run(build_resolve(config), "results")
    return Outcome(topics, extractor.asked)


def turn(number: int, *, weak: bool = False) -> Fields:
    """The same number is the same turn, unless it is weak."""
    text = TEXTS[number % len(TEXTS)]
    said: Fields = {"role": "user", "text": text}
    return said if weak else said | {"event_id": f"e{number}", "timestamp": 1_780_000_000 + number}


def submission(
    numbers: list[int], *, job: int | None = None, session: str = "a", weak: bool = False, **options: Any
) -> Fields:
    fields = {"session_id": session, "turns": [turn(number, weak=weak) for number in numbers], "options": options}
    return fields if job is None else fields | {"job_id": f"job-{job}"}


def test_rehearsal_texts_cover_what_matters() -> None:
    assert len(TEXTS[-1]) > 4 * 300, "a long turn, in pieces"
    assert any(text.isspace() for text in TEXTS)


SUBMISSIONS = st.lists(
    st.builds(
        submission,
        st.lists(st.integers(0, 8), min_size=1, max_size=5),
        job=st.none() | st.integers(0, 30),
        session=st.sampled_from("aaab"),
        weak=st.booleans(),
        infer=st.sampled_from([True, True, False]),
        dry_run=st.booleans(),
        write_passive=st.sampled_from([True, True, False]),
        max_facts=st.sampled_from([20, 20, 1]),
        flush=st.sampled_from([False, False, True]),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(SUBMISSIONS)
async def test_every_accepted_job_ends_and_the_sums_are_right(submissions: list[Fields]) -> None:
    outcome = await flow(submissions)
    for event in outcome.accepted:
        assert outcome.states[event.job_id, event.attempt] in END_STATES, event
        assert event.turns_in == len(event.turns) + event.turns_duplicate + event.turns_conflicting
    jobs = outcome.resolved
    assert sum(job.cost_micros for job in jobs.values()) == PRICE * outcome.asked, "an answer is paid once"
    assert sum(job.tokens_in for job in jobs.values()) == 11 * outcome.asked
    units: dict[tuple[str, int], int] = {}
    for result in outcome.results:
        for share in result.jobs:
            units[share.job_id, share.attempt] = units.get((share.job_id, share.attempt), 0) + share.units
    assert all(units[share.job_id, share.attempt] == share.total for result in outcome.results for share in result.jobs)
    windows = [event for event in outcome.topics.events("extractions") if isinstance(event, WindowClosed)]
    assert len({window.window_id for window in windows}) == len(windows) == len(outcome.results)
    told = [event for event in outcome.topics.events(facts_topic(1)) if isinstance(event, WindowResolved)]
    assert len(told) == len(windows)
    assert sum(window.facts_created for window in told) == len(outcome.facts)


async def test_a_dry_run_leaves_the_real_submission_its_facts_and_its_end() -> None:
    numbers = [0, 2]
    outcome = await flow([submission(numbers, job=1, dry_run=True), submission(numbers, job=2)])
    tried, real = outcome.resolved["job-1", 1], outcome.resolved["job-2", 1]
    assert (tried.state, real.state) == ("completed", "completed")
    assert [row["content"] for row in tried.candidates] == [fact.content for fact in outcome.facts.values()]
    assert len(outcome.facts) == 2
    assert outcome.asked == 1
    assert (tried.cost_micros, real.cost_micros) == (PRICE, 0)
    assert [result.journal_hit for result in outcome.results] == [False, True]


async def test_dry_runs_of_the_same_turns_in_one_window_both_end_and_show_what_they_found() -> None:
    outcome = await flow([submission([0], job=job, dry_run=True) for job in (1, 2)])
    assert [job.state for job in outcome.resolved.values()] == ["completed", "completed"]
    assert [len(job.candidates) for job in outcome.resolved.values()] == [1, 1]
    assert outcome.facts == {}
