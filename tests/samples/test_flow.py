"""The sample conversations through the four stages, in process: what comes out is what was counted by hand."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from schemas.dead_letter import from_record
from schemas.event import Event
from schemas.fact import FactRecorded
from schemas.job import STATES, JobChanged
from schemas.log import FlushRequested, JobResubmitted, SessionEnded, SubmissionAccepted
from schemas.topics import facts_topic, jobs_topic
from streams import codec
from streams.extract.agents import build as build_extract
from streams.ingest.agents import build as build_ingest
from streams.partitioning import partition_of
from streams.ports import Chunk, Effects, Headers, Processor, Record, State
from streams.publish.entries import read_entries
from streams.publish.lines import Line
from streams.resolve.agents import build as build_resolve
from streams.settings import Settings
from streams.window.agents import build as build_window

PARTITIONS = 4
FIRST = 1_780_000_000_000
FOLDER = resources.files("infra") / "samples"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
TOTALS = EXPECTED["totals"]


class Topics:
    """What was written, by topic and partition."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, int], list[Record]] = defaultdict(list)

    def write(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        log = self.records[topic, partition]
        log.append(Record(topic, partition, len(log), FIRST + 1000 * len(log), key, value, headers))

    def of(self, topic: str) -> list[Record]:
        return [record for (name, _), log in self.records.items() if name == topic for record in log]

    def events(self, topic: str) -> list[Event]:
        return [codec.decode(record.value or b"") for record in self.of(topic)]

    async def run(self, build: Callable[[int, State], Processor], *sources: str) -> None:
        """One stage over all that lies in its sources, every partition as one chunk."""
        for partition in range(PARTITIONS):
            state: dict[bytes, bytes] = {}
            processor = build(partition, state)
            for source in sources:
                log = self.records[source, partition]
                effects = processor.process(Chunk(source, partition, list(log), 0, len(log)), state)
                for each in [effects] if isinstance(effects, Effects) else [part async for part in effects]:
                    state.update(each.changes)
                    for output in each.outputs:
                        to = partition if output.partition is None else output.partition
                        self.write(output.topic, to, output.key, output.value, output.headers)


async def flow() -> Topics:
    topics, settings = Topics(), Settings(partitions=PARTITIONS)
    lines = (FOLDER / "conversations.jsonl").read_bytes().strip().split(b"\n")
    for entry in read_entries(Line(number, text) for number, text in enumerate(lines, 1)):
        topics.write("turns", partition_of(entry.key or b"", PARTITIONS), entry.key, entry.value, entry.headers)
    ingest = build_ingest(settings)
    await topics.run(ingest, "turns")
    await topics.run(ingest, "ingest-rekeyed")  # no scope has records in both
    await topics.run(build_window(settings), "conversations")
    await topics.run(build_extract(settings), "extractions")
    await topics.run(build_resolve(settings), "results")
    return topics


@pytest.fixture
async def topics() -> Topics:
    return await flow()


def facts(topics: Topics) -> list[FactRecorded]:
    """The last revision of each fact."""
    events = [event for event in topics.events(facts_topic(1)) if isinstance(event, FactRecorded)]
    return list({(event.org_id, event.user_id, event.fact_id): event for event in events}.values())


async def test_records_turns_and_dead_letters_are_as_counted(topics: Topics) -> None:
    log = topics.events("conversations")
    accepted = [event for event in log if isinstance(event, SubmissionAccepted)]
    assert len(topics.of("turns")) == TOTALS["published"]
    assert len(accepted) == TOTALS["accepted"]
    assert sum(isinstance(event, JobResubmitted) for event in log) == TOTALS["resubmitted"]
    assert sum(isinstance(event, SessionEnded | FlushRequested) for event in log) == TOTALS["controls"]
    assert sum(len(event.turns) for event in accepted if not event.options.dry_run) == TOTALS["turns_stored"]
    assert sum(len(event.turns) for event in accepted if event.options.dry_run) == TOTALS["turns_dry_run"]
    assert sum(event.turns_duplicate for event in accepted) == TOTALS["turns_duplicate"]
    assert sum(event.turns_conflicting for event in accepted) == TOTALS["turns_conflicting"]
    letters = [from_record(record.value, record.headers).letter for record in topics.of("dead-letters")]
    assert Counter(letter.code for letter in letters) == TOTALS["dead_letters"]


async def test_every_job_ends_as_counted(topics: Topics) -> None:
    states: dict[tuple[str, str, str], int] = {}
    for event in topics.events(jobs_topic(1)):
        assert isinstance(event, JobChanged)
        job = event.org_id, event.user_id, event.job_id
        states[job] = max(states.get(job, 0), STATES.index(event.state))
    assert Counter(STATES[state] for state in states.values()) == TOTALS["jobs"]


async def test_every_expected_fact_is_there_and_no_forbidden_one(topics: Topics) -> None:
    found = facts(topics)
    fields = ("org_id", "user_id", "type", "predicate", "object", "about", "provenance")
    for must in EXPECTED["must"]:
        assert any(
            all(getattr(fact, field) == must[field] for field in fields if field in must)
            and must.get("content", "") in fact.content
            and any(must.get("quote", "") in (evidence.quote or "") for evidence in fact.evidence)
            for fact in found
        ), must
    for never in EXPECTED["must_not"]:
        about = [
            fact
            for fact in found
            if all(getattr(fact, key) == value for key, value in never.items() if key != "fragment")
        ]
        assert not [fact.content for fact in about if never["fragment"] in f"{fact.content} {fact.object}"]


async def test_values_of_a_slot_follow_each_other_in_event_time(topics: Topics) -> None:
    found = facts(topics)
    for timeline in EXPECTED["timelines"]:
        slot = [
            fact for fact in found if all(getattr(fact, key) == timeline[key] for key in timeline if key != "values")
        ]
        held = sorted((interval.valid_from, fact.object) for fact in slot for interval in fact.intervals)
        assert [value for _, value in held] == timeline["values"]
        assert [fact.object for fact in slot if fact.status == "active"] == timeline["values"][-1:]


async def test_no_secret_is_written_behind_the_publishers_topic(topics: Topics) -> None:
    for (topic, _), log in topics.records.items():
        if topic not in ("turns", "dead-letters"):
            assert not [record for record in log if b"4111 1111" in (record.value or b"")], topic
