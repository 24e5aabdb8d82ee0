"""A generation that replays goes over from the backfill topic to the live one once, and cuts the same windows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import Asked
from schemas.topics import BACKFILL
from streams.errors import TransientError
from streams.ports import Chunk, Effects, Output
from streams.window import changeover
from streams.window.agents import ReplayingWindows, build
from streams.window.changeover import CHANGED_OVER, LIVE, NEAR, Changeover
from streams.window.pinned import PINNED
from tests.streams.window import log as written
from tests.streams.window.log import Log, Outcome, Record, cut
from tests.streams.window.test_agents import LIMITS, Step, scripts, windows_by_session, write

PROMPT = Asked(extractor="openai", model="small", prompt="1234", prompt_text="Say what you learnt.")


@dataclass
class Kafka:
    """What Kafka says, look by look; the last answer stays. None: it does not answer."""

    log_ends: list[int | None]
    owed: list[int | None] = field(default_factory=lambda: [0])
    asked_up_to: list[int] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Kafka"]:
        yield self

    async def log_end(self) -> int:
        return _next(self.log_ends)

    async def backfill_end(self) -> int:
        return 77

    async def unanswered(self, end: int) -> int:
        self.asked_up_to.append(end)
        return _next(self.owed)


def _next(answers: list[int | None]) -> int:
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if answer is None:
        raise TransientError("away")
    return answer


def lane(kafka: Kafka, asked: Asked = Asked(), **limits: Any) -> ReplayingWindows:  # noqa: B008 - an immutable value
    windows = build(written.settings(2, **limits), asked)(0, {})
    return ReplayingWindows(windows, Changeover(0, kafka.open, look_every_s=0))


async def effects_of(stage: ReplayingWindows, chunk: Chunk, state: dict[bytes, bytes]) -> list[Effects]:
    effects = stage.process(chunk, state)
    return [effects] if isinstance(effects, Effects) else [item async for item in effects]


def replay(
    records: Sequence[Record],
    kafka: Kafka,
    *,
    chunks: Sequence[int] = (),
    restarts: Sequence[int] = (),
    asked: Asked = Asked(),  # noqa: B008 - an immutable value
) -> Outcome:
    """Run the lane over a log that is split at `chunks`, with a new process before the chunks named in `restarts`."""
    state: dict[bytes, bytes] = {}
    outputs: list[Output] = []

    async def run() -> None:
        stage = lane(kafka, asked, **LIMITS)
        for number, (begin, end) in enumerate(pairwise([0, *sorted(chunks), len(records)])):
            if begin == end:
                continue
            if number in restarts:
                stage = lane(kafka, asked, **LIMITS)
            items = await effects_of(stage, Chunk("conversations", 0, records[begin:end], begin, end), state)
            assert items[-1].position == end
            for effects in items:
                outputs.extend(effects.outputs)
                state.update(effects.changes)

    asyncio.run(run())
    return Outcome(outputs, state)


def topics(outcome: Outcome) -> list[str]:
    return [output.topic for output in outcome.outputs if output.topic in (LIVE, BACKFILL)]


def as_if_live(outcome: Outcome) -> Outcome:
    """With every window on the live topic and no trace of the changeover, nor of the settings."""
    outputs = [output._replace(topic=LIVE) if output.topic == BACKFILL else output for output in outcome.outputs]
    return Outcome(outputs, {key: value for key, value in outcome.state.items() if key not in (CHANGED_OVER, PINNED)})


@given(scripts, st.data())
@settings(deadline=None)  # an event loop for each example
def test_any_chunks_restarts_and_changeover_give_the_same_windows(script: list[Step], data: st.DataObject) -> None:
    records = write(script, end=True)
    places = st.lists(st.integers(0, len(records)), max_size=10)
    ends: list[int | None] = [*data.draw(st.lists(st.integers(0, len(records)), max_size=4)), 0]
    owed: list[int | None] = [*data.draw(st.lists(st.sampled_from([None, 1, 50]), max_size=3)), 0]
    found = replay(records, Kafka(ends, owed), chunks=data.draw(places), restarts=data.draw(places))
    assert windows_by_session(as_if_live(found)) == windows_by_session(cut(records, **LIMITS))
    assert as_if_live(found) == cut(records, generation=2, **LIMITS)
    assert topics(found) == sorted(topics(found), reverse=True), "from the backfill topic to the live one, once"


def conversation(submissions: int) -> Log:
    """Each closes a window."""
    log = Log()
    for at in range(submissions):
        log.say(at, f"turn {at}", flush=True)
    return log


def test_it_changes_over_when_it_has_read_the_log_to_where_it_ended_at_the_start() -> None:
    kafka = Kafka(log_ends=[2, 5])
    found = replay(conversation(5).records, kafka, chunks=[1, 2, 3, 4])
    assert topics(found) == [BACKFILL] * 2 + [LIVE] * 3
    assert found.state[CHANGED_OVER] == b"1"
    assert kafka.asked_up_to == [77], "once, up to the end of the backfill topic at that time"


def test_it_waits_until_extract_has_answered_and_shows_that_it_is_alive() -> None:
    kafka = Kafka(log_ends=[1], owed=[9, None, 4, 0])
    records = conversation(2).records

    async def run() -> list[Effects]:
        stage = lane(kafka)
        state: dict[bytes, bytes] = {}
        (first,) = await effects_of(stage, Chunk("conversations", 0, records[:1], 0, 1), state)
        assert CHANGED_OVER not in first.changes
        return await effects_of(stage, Chunk("conversations", 0, records[1:], 1, 2), state | {**first.changes})

    *looks, last = asyncio.run(run())
    assert looks == [Effects()] * 3
    assert [output.topic for output in last.outputs if output.topic in (LIVE, BACKFILL)] == [LIVE]
    assert (last.changes[CHANGED_OVER], last.position) == (b"1", 2)


@pytest.mark.parametrize("alone", [False, True])
def test_a_record_that_is_tried_alone_puts_the_changeover_off(alone: bool) -> None:
    """All other lanes would stand still until extract has answered everything."""
    kafka = Kafka(log_ends=[0], owed=[9, 0])
    records = conversation(1).records
    chunk = Chunk("conversations", 0, records, 0, len(records), alone=alone)
    effects = asyncio.run(effects_of(lane(kafka), chunk, {}))
    assert [CHANGED_OVER in each.changes for each in effects] == ([False] if alone else [False, True])
    assert effects[-1].position == len(records)
    assert bool(kafka.asked_up_to) is not alone


def test_it_goes_on_replaying_while_much_has_come_since() -> None:
    ends: list[int | None] = [1, 2 + NEAR, 3 + NEAR]
    found = replay(conversation(4).records, Kafka(ends), chunks=[1, 2, 3])
    assert topics(found) == [BACKFILL] * 4
    assert CHANGED_OVER not in found.state


def test_where_kafka_does_not_say_the_end_it_goes_on_replaying() -> None:
    found = replay(conversation(3).records, Kafka([None, 0, None, None]), chunks=[1, 2])
    assert topics(found) == [BACKFILL, LIVE, LIVE]
    assert topics(replay(conversation(3).records, Kafka([None]), chunks=[1, 2])) == [BACKFILL] * 3


def test_a_lane_that_has_changed_over_asks_nobody() -> None:
    kafka = Kafka(log_ends=[None], owed=[None])
    stage, records = lane(kafka), conversation(1).records
    effects = stage.process(Chunk("conversations", 0, records, 0, 1), {CHANGED_OVER: b"1"})
    assert isinstance(effects, Effects)
    assert kafka.asked_up_to == []


def test_the_prompt_goes_along_once_for_each_topic_also_after_a_restart() -> None:
    found = replay(conversation(6).records, Kafka([2, 3, 4]), chunks=[1, 2, 3, 4, 5], restarts=[1, 4], asked=PROMPT)
    told = [window.asked.prompt_text for window in found.windows]
    assert topics(found) == [BACKFILL] * 3 + [LIVE] * 3
    assert told == [PROMPT.prompt_text, None, None, PROMPT.prompt_text, None, None]
    assert all(window.asked.model_copy(update={"prompt_text": None}) == named(PROMPT) for window in found.windows)


def named(asked: Asked) -> Asked:
    return asked.model_copy(update={"prompt_text": None})


def test_it_tells_what_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger=changeover.__name__):
        replay(conversation(2).records, Kafka([0, 0], owed=[5, 0]), chunks=[1])
    waits, over = caplog.messages
    assert {"changeover_waits", "partition=0", "topic=extractions-backfill", "unanswered=5"} <= words(waits)
    assert {"changed_over", "partition=0"} <= words(over)


def words(line: str) -> set[str]:
    return {word.removeprefix("action=").removeprefix("why=") for word in line.split()}
