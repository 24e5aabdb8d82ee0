"""A stage that gives up whatever it reads, in process: nobody waits for ever, and every record is a dead letter."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest

from schemas.dead_letter import TOPIC, DeadLetter, from_record
from schemas.job import END_STATES, STATES, JobChanged, State
from schemas.topics import jobs_topic
from streams import internal
from streams.extract.agents import build as build_extract
from streams.ids import scope_key
from streams.ingest.agents import build as build_ingest
from streams.partitioning import partition_of
from streams.ports import Chunk, Crashes, Effects, GivingUp, Processor, Record
from streams.ports import State as Table
from streams.resolve.agents import build as build_resolve
from streams.settings import Settings, WindowLimits
from streams.window.agents import build as build_window
from streams.window.agents import build_replaying
from tests.samples.test_flow import PARTITIONS, Topics

STAGES = {"ingest": "turns", "window": "conversations", "extract": "extractions", "resolve": "results"}
JOBS = ("one", "two", "three")
CRASHES = Crashes(3, "ValueError")
Build = Callable[[int, Table], Processor]


class Doomed:
    """Gives up every record, one after the other, as often as it is told."""

    def __init__(self, processor: Processor, times: int, crashes: Crashes = CRASHES) -> None:
        assert isinstance(processor, GivingUp)
        self._processor, self._times, self._crashes = processor, times, crashes

    async def process(self, chunk: Chunk, state: Table) -> AsyncIterator[Effects]:
        for record in chunk.records:
            for _ in range(self._times):
                yield self._processor.give_up(record, state, self._crashes)


async def flow(doomed: str, *, times: int = 1, keeps: bool = True, crashes: Crashes = CRASHES) -> Topics:
    """Three jobs that share a window, and a session's end."""
    settings = Settings(
        partitions=PARTITIONS, window=WindowLimits(turns=100), keep_dead_letter_bytes=keeps, extractor="rules"
    )
    builds: dict[str, Build] = {
        "ingest": build_ingest(settings),
        "window": build_window(settings),
        "extract": build_extract(settings),
        "resolve": build_resolve(settings),
    }
    topics, key = Topics(), scope_key("acme", "ann")
    who = {"org_id": "acme", "user_id": "ann"}
    sent: tuple[dict[str, Any], ...] = (
        *({"job_id": job, "turns": [{"role": "user", "text": f"I like {job}.", "event_id": job}]} for job in JOBS),
        {"type": "session_ended", "session_id": "default-session"},
    )
    for fields in sent:
        value = orjson.dumps({**who, **fields})
        topics.write("turns", partition_of(key, PARTITIONS), key, value, (("secret", b"AKIA"),))
    for stage, source in STAGES.items():
        build = builds[stage]
        if stage == doomed:
            await topics.run(
                lambda number, state, build=build: Doomed(build(number, state), times, crashes),  # type: ignore[misc]
                source,
            )
        else:
            await topics.run(build, source)
    return topics


def ends(topics: Topics) -> dict[str, State]:
    found: dict[str, int] = {}
    for event in topics.events(jobs_topic(1)):
        assert isinstance(event, JobChanged)
        found[event.job_id] = max(found.get(event.job_id, 0), STATES.index(event.state))
    return {job: STATES[state] for job, state in found.items()}


def letters(topics: Topics) -> list[DeadLetter]:
    return [from_record(record.value, record.headers).letter for record in topics.of(TOPIC)]


@pytest.mark.parametrize(
    ("stage", "state", "number"),
    [("ingest", "dead_lettered", 4), ("window", "failed", 4), ("extract", "failed", 1), ("resolve", "failed", 1)],
)
@pytest.mark.parametrize(
    ("crashes", "how"), [(CRASHES, "raised ValueError"), (Crashes(3), "ended its process")], ids=["raised", "died"]
)
async def test_every_job_ends_and_every_record_is_a_dead_letter(
    stage: str, state: State, number: int, crashes: Crashes, how: str
) -> None:
    topics = await flow(stage, crashes=crashes)
    assert ends(topics) == dict.fromkeys(JOBS, state)
    assert state in END_STATES
    found = letters(topics)
    assert len(found) == number, "one for each record that it read, and none behind it"
    source = topics.of(STAGES[stage])
    for letter, record in zip(found, source, strict=True):
        assert (letter.code, letter.stage, letter.attempt, letter.retryable) == ("INTERNAL", stage, 3, True)
        assert (letter.topic, letter.partition, letter.offset) == (record.topic, record.partition, record.offset)
        assert (letter.value, letter.org_id, letter.user_id) == (record.value, "acme", "ann")
        assert f"{how} at this record, 3 times" in letter.message
    said = [event.error for event in topics.events(jobs_topic(1)) if isinstance(event, JobChanged) and event.error]
    assert len(said) == len(JOBS)
    assert all(error.startswith("INTERNAL") for error in said)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_record_that_is_given_up_again_ends_no_job_again(stage: str) -> None:
    """As after a crash between two commits, were there such a moment: the letters are about the same, and no more."""
    once, twice = await flow(stage), await flow(stage, times=2)
    assert ends(twice) == ends(once)
    assert {letter._replace(attempt=3) for letter in letters(twice)} == set(letters(once))


@pytest.mark.parametrize("stage", STAGES)
async def test_bytes_that_are_not_to_be_kept_are_in_no_letter(stage: str) -> None:
    topics = await flow(stage, keeps=False)
    for record in topics.of(TOPIC):
        assert record.value == b""
        assert b"I like" not in b"".join(content for _, content in record.headers)
        assert b"AKIA" not in b"".join(content for _, content in record.headers)


@pytest.mark.parametrize(
    ("topic", "subject"), [("turns", "submission"), ("ingest-rekeyed", "submission"), ("jobs.g1", "window")]
)
@pytest.mark.parametrize("keeps", [True, False])
def test_what_nobody_can_read_is_buried_as_it_is(topic: str, subject: str, keeps: bool) -> None:
    record = Record(topic, 2, 7, -1, b"\xff", b"\x00 no json", (("a", b"b"),))
    effects = internal.burial("sink", kept=keeps, generation=4)(record, Crashes(3))
    (output,) = effects.outputs
    letter = from_record(output.value, output.headers).letter
    assert (letter.subject, letter.stage, letter.generation, letter.offset) == (subject, "sink", 4, 7)
    assert (letter.timestamp, letter.attempt) == (0, 3)
    assert letter.message == "INTERNAL: sink ended its process at this record, 3 times"
    assert (letter.value, letter.key) == ((b"\x00 no json", b"\xff") if keeps else (b"", None))
    assert effects.counts == {("dead_letters", "INTERNAL"): 1}


async def test_ingest_touches_no_job_of_another_partition() -> None:
    """A record in a wrong place is a dead letter with its names, and its job, which lives elsewhere, is not told."""
    settings = Settings(partitions=PARTITIONS)
    key = scope_key("acme", "ann")
    wrong = (partition_of(key, PARTITIONS) + 1) % PARTITIONS
    value = orjson.dumps(
        {"org_id": "acme", "user_id": "ann", "job_id": "one", "turns": [{"role": "user", "text": "x"}]}
    )
    topics = Topics()
    topics.write("turns", wrong, key, value, ())
    await topics.run(lambda number, state: Doomed(build_ingest(settings)(number, state), 1), "turns")
    assert topics.of("conversations") == []
    (letter,) = letters(topics)
    assert (letter.org_id, letter.job_id, letter.value) == ("acme", None, value)


def test_a_generation_that_replays_gives_up_as_the_first_does() -> None:
    processor = build_replaying(Settings(partitions=PARTITIONS, generation=2))(0, {})
    assert isinstance(processor, GivingUp)
