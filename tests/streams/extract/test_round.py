"""Windows that cannot be answered now: what is said of them, in which order they end, and what nobody else loses."""

import asyncio
from collections import Counter

import pytest

from schemas.extraction import Asked, WindowClosed, WindowOptions
from streams.errors import Unavailable
from streams.extract.extractor import Extractor, Reply
from streams.extract.outages import InVain, Outages
from streams.extract.parts import MAX_VALUE
from streams.extract.request import Request
from streams.extract.rules import Rules
from tests.streams.extract.lane import Lane, Model, told
from tests.streams.extract.windows import asking, unit, window


async def test_a_window_whose_extractor_is_away_is_deferred_once_and_ends_when_it_is_back() -> None:
    model = Model()
    lane = Lane(model)
    model.away = {"small"}
    [waits] = await lane.take(asking("one"))
    assert (waits.outcome, waits.reason, waits.error, waits.attempts) == ("deferred", "unavailable", "overloaded", 0)
    assert await lane.tick(after_s=6) == []
    assert await lane.tick(after_s=11) == []
    model.away = set()
    [final] = await lane.tick(after_s=21)
    assert (final.outcome, final.window_id, final.extraction_key) == (
        "extracted",
        waits.window_id,
        waits.extraction_key,
    )
    assert final.attempts == len(model.calls) == 4
    assert final.tokens_in == 7 + 3
    assert await lane.tick(after_s=10_000) == []


async def test_nobody_is_asked_before_the_wait_is_over_and_waits_grow() -> None:
    model = Model()
    model.away = {"small"}
    lane = Lane(model)
    await lane.take(asking("one"))
    asked_at = [0]
    for second in range(1, 200):
        before = len(model.calls)
        await lane.tick(after_s=1)
        if len(model.calls) > before:
            asked_at.append(second)
    assert asked_at == [0, 5, 15, 35, 75, 155]


async def test_what_the_extractor_says_about_when_to_come_again_is_kept_also_over_a_restart() -> None:
    model = Model()
    model.away, model.retry_after_s = {"small"}, 3_000.0
    lane = Lane(model)
    await lane.take(asking("one"))
    lane.restart()
    await lane.tick(after_s=2_990)
    assert len(model.calls) == 1
    await lane.tick(after_s=11)
    assert len(model.calls) == 2


async def test_other_scopes_models_and_generations_go_on() -> None:
    model = Model()
    model.away = {"large"}
    lane = Lane(model)
    results = await lane.take(
        asking("one", model="large"),
        asking("two"),
        asking("one", who="bob"),
        asking("three", generation=2),
        asking("two", who="bob", model="large"),
    )
    assert {(part.user_id, part.generation, part.outcome, part.reason) for part in results} == {
        ("bob", 1, "extracted", "nothing_found"),
        ("ann", 2, "extracted", "nothing_found"),
        ("ann", 1, "deferred", "unavailable"),
        ("ann", 1, "deferred", "in_line"),
        ("bob", 1, "deferred", "unavailable"),
    }
    assert len(results) == 5
    assert lane.waiting() == 3


async def test_windows_behind_a_parked_one_wait_for_it_and_leave_in_their_order() -> None:
    model = Model()
    model.away = {"large"}
    lane = Lane(model)
    first, *rest = [asking("one", model="large"), asking("two"), asking("three")]
    await lane.take(first)
    assert told(await lane.take(*rest)) == [("deferred", "in_line")] * 2
    assert model.calls == ["one"]
    model.away = set()
    [done] = await lane.tick(after_s=6)
    assert done.window_id == first.window_id
    assert told(await lane.take(asking("four"))) == [("deferred", "in_line")]
    ended = await lane.tick(after_s=1)
    assert [part.window_id for part in ended] == [*(each.window_id for each in rest), asking("four").window_id]
    assert told(await lane.take(asking("five"))) == [("extracted", "nothing_found")]


async def test_while_an_extractor_is_away_one_window_asks_and_the_others_do_not() -> None:
    model = Model()
    model.away = {"small"}
    lane = Lane(model, calls=1)
    await lane.take(*(asking(f"w{n}", who=f"u{n}") for n in range(50)))
    assert len(model.calls) == 1, "the first showed it"
    await lane.take(asking("late", who="late"))
    for _ in range(3):
        await lane.tick(after_s=700)
    assert len(model.calls) == 4
    model.away = set()
    assert len(await lane.tick(after_s=700)) == 1
    ended = 1
    for _ in range(20):
        ended += len(await lane.tick(after_s=1))
    assert (ended, lane.waiting()) == (51, 0)


async def test_two_windows_with_one_question_are_one_call_and_one_of_them_pays() -> None:
    model = Model()
    lane = Lane(model)
    await lane.take(asking("one"), asking("one", generation=2))
    assert model.calls == ["one"]
    model.away = {"small"}
    both = asking("two"), asking("two", generation=2)
    assert told(await lane.take(*both)) == [("deferred", "unavailable")] * 2
    model.away = set()
    ended = await lane.tick(after_s=6)
    ended += await lane.tick(after_s=6)
    assert [part.journal_hit for part in ended] == [False, True]
    assert [part.attempts for part in ended if not part.journal_hit] == [2]
    assert model.calls == ["one", "two", "two"]


async def test_a_failure_of_a_shared_question_is_paid_once() -> None:
    model = Model()
    lane = Lane(model)
    both = await lane.take(asking("bad"), asking("bad", generation=2))
    assert [part.outcome for part in both] == ["failed", "failed"]
    assert sorted((part.attempts, part.cost_micros) for part in both) == [(0, 0), (1, 10)]


async def test_an_answer_to_a_parked_window_that_was_in_flight_is_kept() -> None:
    model = Model()
    model.away = {"large"}
    lane = Lane(model)
    await lane.take(asking("a", model="large"), asking("bbb"))
    assert sorted(model.calls) == ["a", "bbb"]
    model.away = set()
    ended = await lane.tick(after_s=6) + await lane.tick(after_s=6)
    assert [part.outcome for part in ended] == ["extracted", "extracted"]
    assert [part.journal_hit for part in ended] == [False, False]
    assert sorted(model.calls) == ["a", "a", "bbb"]


async def test_what_was_already_answered_is_never_deferred_and_costs_nothing() -> None:
    model = Model()
    lane = Lane(model, budget=10)
    await lane.take(asking("one"))
    model.away = {"small"}
    lane.restart()
    word = window("Keep this.", options=WindowOptions(infer=False))
    results = await lane.take(asking("one", generation=2), word, asking("Hi!"))
    assert [part.outcome for part in results] == ["extracted"] * 3
    assert model.calls == ["one"]


async def test_a_scope_that_has_spent_its_budget_waits_for_the_next_day() -> None:
    model = Model(price=60, estimate=60)
    lane = Lane(model, budget=100)
    first, second, third = await lane.take(asking("one"), asking("two"), asking("three"))
    assert (first.outcome, first.cost_micros) == ("extracted", 60)
    assert told([second, third]) == [("deferred", "budget"), ("deferred", "in_line")]
    assert (second.required, second.available, second.shortfall) == (60, 40, 20)
    assert told(await lane.take(asking("one", who="bob"))) == [("extracted", "nothing_found")]
    assert await lane.tick(after_s=3_600) == []
    ended = await lane.tick(after_s=11 * 3_600 + 1)
    assert told(ended) == [("extracted", "nothing_found"), ("deferred", "budget")]
    assert [part.window_id for part in ended] == [second.window_id, third.window_id]
    assert lane.waiting() == 1


async def test_a_higher_budget_lets_a_scope_go_on_after_a_restart() -> None:
    model = Model(price=60, estimate=50)
    lane = Lane(model, budget=20)
    [waits] = await lane.take(asking("one"))
    assert (waits.required, waits.available, waits.shortfall) == (50, 20, 30)
    lane.restart()
    assert await lane.tick() == [], "it was said before"
    lane.budget = 80
    lane.restart()
    assert told(await lane.tick()) == [("extracted", "nothing_found")]


async def test_calls_side_by_side_do_not_spend_more_than_there_is() -> None:
    model = Model(price=10, estimate=10)
    lane = Lane(model, budget=35)
    results = await lane.take(*(asking(f"w{n}", generation=n) for n in range(1, 9)))
    assert Counter(part.outcome for part in results) == {"extracted": 3, "deferred": 5}
    assert {part.available for part in results if part.outcome == "deferred"} == {5}
    assert len(model.calls) == 3


async def test_an_estimate_that_was_too_high_defers_nobody_while_cheaper_calls_end() -> None:
    model = Model(price=1, estimate=60)
    lane = Lane(model, budget=100)
    results = await lane.take(*(asking(f"w{n}") for n in range(20)))
    assert {part.outcome for part in results} == {"extracted"}
    assert model.most_in_flight == 1


async def test_an_unknown_extractor_defers_its_windows_and_says_so_loudly(caplog: pytest.LogCaptureFixture) -> None:
    known: dict[str, Extractor] = {"rules": Rules()}

    def by_name(name: str) -> Extractor:
        if name not in known:
            raise Unavailable(f"{name} is not known here")
        return known[name]

    lane = Lane(by_name)
    future = window("I like tea.").model_copy(update={"asked": Asked(extractor="future", model="m")})
    [waits, other] = await lane.take(future, window("I like tea.", user_id="bob"))
    assert (waits.outcome, waits.error, waits.extractor, waits.model) == (
        "deferred",
        "future is not known here",
        "future",
        "m",
    )
    assert other.outcome == "extracted"
    known["future"] = Rules()
    assert told(await lane.tick(after_s=6)) == [("extracted", None)]


async def test_a_prompt_is_kept_when_it_first_comes_and_found_by_every_later_window() -> None:
    seen: list[str | None] = []

    class Prompted(Model):
        async def extract(self, request: object, prompt_text: str | None = None, means: object = None) -> object:  # type: ignore[override]
            seen.append(prompt_text)
            return await super().extract(request, prompt_text)  # type: ignore[arg-type]

    def prompted(text: str, prompt_text: str | None = None, who: str = "ann") -> WindowClosed:
        asked = Asked(extractor="model", prompt="hash", prompt_text=prompt_text)
        return asking(text, who=who).model_copy(update={"asked": asked})

    lane = Lane(Prompted())
    assert told(await lane.take(prompted("zero", who="bob"))) == [("deferred", "unavailable")]
    long = "Please. " * (MAX_VALUE // 7)
    await lane.take(prompted("one", long), prompted("two"))
    lane.restart()
    await lane.take(prompted("three"))
    assert seen == [long] * 3
    assert told(await lane.tick(after_s=1)) == [("extracted", "nothing_found")]
    assert max(map(len, lane.state.values())) <= MAX_VALUE


async def test_a_large_window_is_parked_in_parts_and_leaves_only_dead_values() -> None:
    model = Model()
    model.away = {"small"}
    lane = Lane(model)
    large = window(*(unit("ä" * 400_000 + str(n), index=n) for n in range(4)))
    await lane.take(large)
    assert max(map(len, lane.state.values())) <= MAX_VALUE
    lane.restart()
    model.away = set()
    [final] = await lane.tick(after_s=6)
    assert final.window_id == large.window_id
    assert not any(value for key, value in lane.state.items() if key[:1] in (b"h", b"w", b"v", b"d"))


async def test_headers_come_back_with_a_parked_window() -> None:
    model = Model()
    model.away = {"small"}
    lane = Lane(model, headers=(("trace-id", b"t-1"), ("empty", b"")))
    await lane.take(asking("one"))
    lane.restart()
    model.away = set()
    await lane.tick(after_s=6)
    assert [(output.key, tuple(output.headers)) for output in lane.outputs] == [(b"acme/ann", lane.headers)] * 2


async def test_a_failure_is_paid_by_who_still_waits_where_who_asked_is_parked_meanwhile() -> None:
    class Held(Model):
        """Holds an answer until it is told to go on."""

        go_on = asyncio.Event()

        async def answer(self, request: Request) -> Reply:
            if "bad" in request.turns[0].text:
                await self.go_on.wait()
            return await super().answer(request)

    model = Held()
    model.away = {"large"}
    lane = Lane(model)
    work = [asking("one", model="large"), asking("bad"), asking("bad", generation=2)]
    taking = asyncio.create_task(lane.take(*work))
    while lane.waiting() < 2:
        await asyncio.sleep(0)
    model.go_on.set()
    *_, failed = await taking
    assert (failed.generation, failed.outcome, failed.attempts) == (2, "failed", 1)
    model.away = set()
    ended = await lane.tick(after_s=6) + await lane.tick(after_s=1)
    assert [(part.outcome, part.attempts) for part in ended] == [("extracted", 2), ("failed", 1)]
    assert len(model.calls) == 4


async def test_what_a_failure_cost_is_durable_before_the_failure_leaves() -> None:
    class Held(Model):
        """Holds its first answer until it is told to go on."""

        go_on = asyncio.Event()

        async def answer(self, request: Request) -> Reply:
            if request.turns[0].text == "slow":
                await self.go_on.wait()
            return await super().answer(request)

    model = Held(price=7)
    lane = Lane(model)
    taking = asyncio.create_task(lane.take(asking("slow"), asking("bad"), crash_after=1))
    while not any(key[:1] == b"s" and value for key, value in lane.state.items()):
        await asyncio.sleep(0)
    model.go_on.set()
    answered, failed = await taking
    assert model.calls.count("bad") == 2, "asked before the crash and after it"
    assert (failed.outcome, failed.attempts, failed.cost_micros) == ("failed", 2, 14)
    assert answered.outcome == "extracted"


async def test_keys_of_what_is_parked_and_spent_hold_the_scope_first() -> None:
    model = Model(price=5)
    lane = Lane(model, budget=1_000)
    await lane.take(asking("one", generation=2))
    model.away = {"small"}
    await lane.take(asking("two"))
    scopes = {key[1:17] for key in lane.state}
    assert {key[:1] for key in lane.state} == {b"e", b"u", b"h", b"w", b"d", b"s"}
    assert len(scopes) == 1


def test_several_calls_in_flight_are_one_try() -> None:
    outages = Outages(first_s=5)
    for _ in range(8):
        outages.in_vain("m", InVain(b"a", "busy", of_server=True), now=1_000)
    outage = outages.of("m")
    assert outage is not None
    assert (outage.tries, outage.until) == (1, 6_000)
