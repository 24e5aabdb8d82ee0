"""The stage over chunks: what is asked, what becomes durable when, and in which order results leave."""

import asyncio
import itertools
import time

import pytest

from schemas.extraction import WindowClosed, WindowOptions
from streams.errors import ExtractionFailed
from streams.extract.agents import Extract, build
from streams.extract.extractor import FRESH, Means, Reply
from streams.extract.request import Request
from streams.extract.rules import REST_S, Rules
from streams.ports import Processor, State
from streams.settings import Settings
from tests.streams.extract.windows import IDS, Scripted, chunk, result, results, transactions, unit, window


def stage(extractor: Scripted | Rules | None = None, *, calls: int = 8) -> Extract:
    asked = extractor or Rules()
    return Extract(lambda name: asked, IDS, {}, calls=calls)


class Released(Scripted):
    """Answers a question only once its text is released."""

    def __init__(self) -> None:
        super().__init__()
        self._released: dict[str, asyncio.Event] = {}

    def release(self, text: str) -> None:
        self._released.setdefault(text, asyncio.Event()).set()

    async def answer(self, request: Request) -> Reply:
        await self._released.setdefault(request.turns[0].text, asyncio.Event()).wait()
        return await super().answer(request)


def windows(*names: str) -> list[WindowClosed]:
    """Windows by scope and text: "a1" is the first of scope a."""
    return [window(f"I live in {name}.", user_id=name[0]) for name in names]


async def test_rules_answer_a_chunk_in_one_transaction() -> None:
    state: dict[bytes, bytes] = {}
    [effects] = await transactions(stage(), chunk([window(f"I like tea{n}.") for n in range(50)]), state)
    assert effects.position == 150
    assert len(list(effects.outputs)) == 50
    assert len(effects.changes) == 50


async def test_an_empty_chunk_moves_the_position() -> None:
    [effects] = await transactions(stage(), chunk([], start=5, after=9), {})
    assert effects.position == 9


async def test_the_position_passes_over_markers_behind_the_last_record() -> None:
    [effects] = await transactions(stage(), chunk([window("Hi")], after=107), {})
    assert effects.position == 107


async def test_a_question_answered_before_is_not_asked_again() -> None:
    extractor, state = Scripted(), dict[bytes, bytes]()
    first = results(await transactions(stage(extractor), chunk([window("I live in Oslo.")]), state))
    again = results(await transactions(stage(extractor), chunk([window("I live in Oslo.", generation=2)]), state))
    assert extractor.asked == ["I live in Oslo."]
    assert [part.journal_hit for part in (*first, *again)] == [False, True]
    assert again[0].generation == 2
    assert again[0].tokens_in == first[0].tokens_in == len("I live in Oslo.")


async def test_the_same_question_twice_in_a_chunk_is_one_call() -> None:
    extractor = Scripted()
    both = [window("I live in Oslo."), window("I live in Oslo.", generation=2)]
    found = results(await transactions(stage(extractor), chunk(both), {}))
    assert extractor.asked == ["I live in Oslo."]
    assert [part.journal_hit for part in found] == [False, True]


async def test_a_dry_run_and_the_real_window_share_one_answer_that_is_paid_once() -> None:
    extractor, state = Scripted(), dict[bytes, bytes]()
    tried = window("I live in Oslo.", window_id="0" * 32, options=WindowOptions(dry_run=True))
    found = results(await transactions(stage(extractor), chunk([tried]), state))
    found += results(await transactions(stage(extractor), chunk([window("I live in Oslo.")], start=200), state))
    assert extractor.asked == ["I live in Oslo."]
    assert [part.journal_hit for part in found] == [False, True]
    assert found[0].extraction_key == found[1].extraction_key


async def test_rules_leave_the_event_loop_between_windows_and_still_answer_a_chunk_in_one_transaction(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.extract.calls.GATHER_IN_PROCESS_S", 60)
    seen: list[int] = []
    done = 0

    class Slow(Rules):
        async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
            nonlocal done
            reply = await super().extract(request)
            time.sleep(1.2 * REST_S)
            done += 1
            return reply

    async def watch() -> None:
        while True:
            seen.append(done)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    made = await transactions(stage(Slow()), chunk([window(f"I like tea{n}.") for n in range(20)]), {})
    watching.cancel()
    assert len(made) == 1
    assert set(seen) >= set(range(20))


async def test_any_split_into_chunks_gives_the_same_results_and_journal() -> None:
    work = [*windows("a1", "b1", "a2", "c1", "b1", "a1"), window("hi"), window("x", options=WindowOptions(infer=False))]
    whole: dict[bytes, bytes] = {}
    expected = results(await transactions(stage(), chunk(work), whole))
    for at in range(1, len(work)):
        state: dict[bytes, bytes] = {}
        found = results(await transactions(stage(), chunk(work[:at]), state))
        found += results(await transactions(stage(), chunk(work[at:], start=100 + at), state))
        assert found == expected
        assert state == whole


async def test_processing_twice_from_the_same_state_gives_the_same() -> None:
    work = chunk(windows("a1", "b1", "a2"))
    assert await transactions(stage(), work, {}) == await transactions(stage(), work, {})


@pytest.mark.parametrize("order", list(itertools.permutations(["a1", "a2", "b1", "a3"])))
async def test_results_of_a_scope_leave_in_order_whatever_the_order_of_answers(order: tuple[str, ...]) -> None:
    extractor, state = Released(), dict[bytes, bytes]()
    names = ["a1", "a2", "b1", "a3"]
    items = stage(extractor).process(chunk(windows(*names)), state)
    left: list[str] = []
    journaled: set[str] = set()
    positions: list[int | None] = []
    for name in order:
        extractor.release(f"I live in {name}.")
        effects = await anext(items)
        state.update(effects.changes)
        journaled |= {key.hex() for key in effects.changes}
        found = [result(output) for output in effects.outputs]
        assert all("65" + IDS.scope("acme", part.user_id).hex() + part.extraction_key in journaled for part in found)
        left += [part.window_id for part in found]
        positions.append(effects.position)
    by_id = {each.window_id: name for each, name in zip(windows(*names), names, strict=True)}
    assert [by_id[part] for part in left if by_id[part][0] == "a"] == ["a1", "a2", "a3"]
    assert len(left) == 4
    assert positions[-1] == 104
    assert [part for part in positions if part] == sorted(part for part in positions if part)
    assert await anext(items, None) is None


async def test_a_slow_call_holds_back_its_scope_and_the_position_only() -> None:
    extractor = Released()
    work = windows("a1", "a2", "b1", "b2")
    for name in ("a2", "b1", "b2"):
        extractor.release(f"I live in {name}.")
    items = stage(extractor).process(chunk(work), {})
    effects = await anext(items)
    assert [result(output).user_id for output in effects.outputs] == ["b", "b"]
    assert len(effects.changes) == 3, "the answer to a2 is durable, its result waits"
    assert effects.position is None
    extractor.release("I live in a1.")
    effects = await anext(items)
    assert [result(output).window_id for output in effects.outputs] == [work[0].window_id, work[1].window_id]
    assert effects.position == 104


async def test_answers_journaled_before_a_crash_are_found_after_it() -> None:
    extractor, state = Released(), dict[bytes, bytes]()
    extractor.release("I live in a2.")
    work = chunk(windows("a1", "a2"))
    items = stage(extractor).process(work, state)
    state.update((await anext(items)).changes)
    await items.aclose()
    extractor.release("I live in a1.")
    found = results(await transactions(stage(extractor), work, state))
    assert sorted(extractor.asked) == ["I live in a1.", "I live in a1.", "I live in a2."]
    assert [part.journal_hit for part in found] == [False, False], "this generation paid for both"


async def test_calls_in_flight_are_bounded_and_cancelled_when_the_chunk_is_given_up() -> None:
    extractor = Released()
    extractor.release("I live in a1.")
    items = stage(extractor, calls=2).process(chunk(windows("a1", "b1", "c1", "d1", "e1")), {})
    await anext(items)
    assert extractor.most_in_flight == 2
    await items.aclose()
    assert extractor.in_flight == 0


async def test_a_permanent_failure_is_a_failed_result_and_is_not_journaled() -> None:
    class Failing(Scripted):
        async def answer(self, request: Request) -> Reply:
            raise ExtractionFailed("the reply was cut off")

    state: dict[bytes, bytes] = {}
    [found] = results(await transactions(stage(Failing()), chunk([window("I live in Oslo.")]), state))
    assert (found.outcome, found.error, found.reason) == ("failed", "the reply was cut off", "extraction_failed")
    assert state == {}


async def test_an_unexpected_error_of_the_extractor_is_raised() -> None:
    class Broken(Scripted):
        async def answer(self, request: Request) -> Reply:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await transactions(stage(Broken()), chunk([window("I live in Oslo.")]), {})


async def test_word_for_word_windows_and_small_talk_ask_nobody() -> None:
    extractor, state = Scripted(), dict[bytes, bytes]()
    work = [
        window("Keep this.", options=WindowOptions(infer=False)),
        window("Hi!", "Thanks"),
        window(unit("x", role="tool")),
    ]
    word, talk, tool = results(await transactions(stage(extractor), chunk(work), state))
    assert extractor.asked == []
    assert state == {}
    assert [candidate.content for candidate in word.candidates] == ["Keep this."]
    assert (word.extractor, talk.reason, tool.reason) == ("verbatim", "low_signal", "nothing_said")


async def test_options_jobs_and_shares_are_carried_through() -> None:
    options = WindowOptions(dry_run=True, max_facts=3)
    two = window(unit("I like tea.", job_id="j1"), unit("I like cocoa.", index=1, job_id="j2"), options=options)
    [found] = results(await transactions(stage(), chunk([two]), {}))
    assert found.options == options
    assert found.jobs == two.jobs
    assert found.unit_jobs == {"turn-0": "j1", "turn-1": "j2"}
    assert found.units == 2


async def test_a_turn_that_two_dry_runs_share_is_nobodys_alone() -> None:
    tea = [unit("I like tea.", job_id=job_id) for job_id in ("j1", "j2")]
    tried = window(*tea, unit("Or?", index=1, job_id="j2"))
    [found] = results(await transactions(stage(), chunk([tried]), {}))
    assert found.unit_jobs == {"turn-1": "j2"}


async def test_the_only_job_of_a_window_is_told_by_turns_too() -> None:
    [found] = results(await transactions(stage(), chunk([window("I like tea.")]), {}))
    assert found.unit_jobs == {"turn-0": "job-1"}


async def test_results_keep_the_key_and_headers_of_their_extraction() -> None:
    work = chunk([window("I like tea.", user_id="a/b")])
    work = work._replace(records=[work.records[0]._replace(headers=(("trace-id", b"t1"),))])  # type: ignore[attr-defined]
    [effects] = await transactions(stage(), work, {})
    [output] = effects.outputs
    assert (output.key, output.headers) == (b"acme/a%2Fb", (("trace-id", b"t1"),))


def test_the_stage_is_built_from_settings() -> None:
    state: State = {}
    made: Processor = build(Settings())(3, state)
    assert isinstance(made, Extract)
