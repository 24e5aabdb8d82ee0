"""The extractor against a model server that answers, fails, hangs, refuses and breaks off, over real HTTP."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from streams.errors import ConfigurationError, ExtractionFailed, Unavailable
from streams.extract.extractor import Means
from streams.extract.openai.extractor import OpenAI
from streams.extract.prompt import prompt_hash, shipped_prompt
from streams.settings import Settings
from tests.model_server import Drop, Facts, Fail, Hang, ModelServer, Text, fact
from tests.streams.extract.openai.conftest import Made
from tests.streams.extract.openai.requests import request, turn

PRICES = {"small": {"in": 1.0, "out": 4.0, "cached": 0.25}}


async def test_an_answer_is_kept_letter_for_letter_and_read_afterwards(server: ModelServer, openai: Made) -> None:
    asked = request(turn("I live in Oslo.", name="Answer"))
    reply = await openai().extract(asked)
    assert json.loads(reply.raw[0])["facts"][0]["content"] == "Answer said: I live in Oslo."
    assert reply.proposals == ()
    [found] = openai().proposals(reply, asked)
    assert (found.content, found.speaker) == ("Answer said: I live in Oslo.", "Answer")
    assert found.evidence[0].quote == "I live in Oslo."
    assert (reply.attempts, reply.finish_reason, reply.model) == (1, "stop", "small")


async def test_tokens_and_cost_are_as_the_server_counts_them(server: ModelServer, openai: Made) -> None:
    before = server.stats()
    reply = await openai(prices=PRICES).extract(request("Costs."))
    after = server.stats()
    used = {name: after[name] - before[name] for name in ("tokens_in", "tokens_out", "tokens_cached")}
    assert used == {"tokens_in": reply.tokens_in, "tokens_out": reply.tokens_out, "tokens_cached": reply.tokens_cached}
    fresh = reply.tokens_in - reply.tokens_cached
    assert reply.cost_micros == round(fresh * 1.0 + reply.tokens_cached * 0.25 + reply.tokens_out * 4.0)
    assert reply.cost_micros > 0 < reply.tokens_cached
    assert (await openai().extract(request("Costs."))).cost_micros == 0


async def test_nothing_found_is_an_answer(server: ModelServer, openai: Made) -> None:
    server.script("Quiet", Facts.none())
    reply = await openai().extract(request("Quiet"))
    assert (reply.attempts, openai().proposals(reply, request("Quiet"))) == (1, ())


async def test_the_request_names_the_model_and_the_prompt_may_be_another(server: ModelServer, openai: Made) -> None:
    asked = request("Which?")._replace(model="large")
    await openai(model_options={"temperature": 0}).extract(asked, "A prompt of mine.")
    [question] = server.asked("Which?")
    assert (question.model, question.system) == ("large", "A prompt of mine.")
    assert question.body["temperature"] == 0
    assert question.body["max_completion_tokens"] == 4_096


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("busy", Fail(429)),
        ("overloaded", Fail(503)),
        ("failed", Fail(500)),
        ("dropped", Drop()),
        ("gateway", Fail(502, body=b"<html>")),
        ("broken", Text("{")),
    ],
)
async def test_trouble_that_passes_leaves_an_answer_and_every_question_is_counted(
    name: str, trouble: Fail | Drop | Text, server: ModelServer, openai: Made
) -> None:
    asked = request(f"Passes: {name}")
    server.script(f"Passes: {name}", trouble)
    reply = await openai().extract(asked)
    assert [found.content for found in openai().proposals(reply, asked)] == [f"user said: Passes: {name}"]
    assert reply.attempts == 2 == len(server.asked(f"Passes: {name}"))


async def test_a_busy_server_costs_no_attempt_and_is_waited_for_as_long_as_patience_lasts(
    server: ModelServer, openai: Made
) -> None:
    server.script("Rush", *[Fail(429)] * 4)
    reply = await openai(call_attempts=1, call_patience_s=5).extract(request("Rush"))
    assert reply.attempts == 5 == len(server.asked("Rush"))


async def test_a_server_that_wants_to_be_left_alone_for_long_is(server: ModelServer, openai: Made) -> None:
    server.script("Later", Fail(429, retry_after="3600"))
    with pytest.raises(Unavailable) as caught:
        await openai(call_patience_s=5).extract(request("Later"))
    assert (caught.value.retry_after_s, caught.value.spent.attempts) == (3600.0, 1)
    assert len(server.asked("Later")) == 1


async def test_retry_after_is_waited_for_as_seconds_and_as_a_date(server: ModelServer, openai: Made) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    server.script("Dated", Fail(503, retry_after=date))
    with pytest.raises(Unavailable) as caught:
        await openai().extract(request("Dated"))
    assert caught.value.retry_after_s == pytest.approx(7200, abs=5)
    server.script("Seconds", Fail(429, retry_after="0.3"))
    assert (await openai().extract(request("Seconds"))).latency_ms >= 300


async def test_a_server_that_fails_again_and_again_is_unavailable_and_never_a_failed_window(
    server: ModelServer, openai: Made
) -> None:
    server.script("Broken server", *[Fail(500)] * 9)
    with pytest.raises(Unavailable, match="500") as caught:
        await openai(call_attempts=3).extract(request("Broken server"))
    assert caught.value.spent.attempts == 3 == len(server.asked("Broken server"))


async def test_a_timeout_counts_as_an_attempt_and_is_not_waited_for_a_second_time(
    server: ModelServer, openai: Made
) -> None:
    server.script("Slow", *[Hang(20.0)] * 2)
    with pytest.raises(Unavailable, match="no answer within 1 s") as caught:
        await openai(call_timeout_s=1, call_attempts=3).extract(request("Slow"))
    assert caught.value.spent.attempts == 1 == len(server.asked("Slow"))
    assert not caught.value.of_server


@pytest.mark.parametrize(
    ("fail", "of_server"), [(Fail(503), True), (Fail(429, retry_after="3600"), False), (Fail(500), False)]
)
async def test_who_was_tried_before_gets_one_attempt_and_only_a_server_speaks_for_all(
    fail: Fail, of_server: bool, server: ModelServer, openai: Made
) -> None:
    word = f"Again {fail.status}"
    server.script(word, *[fail] * 3)
    with pytest.raises(Unavailable) as caught:
        await openai().extract(request(word), means=Means(tried=True))
    assert caught.value.spent.attempts == 1 == len(server.asked(word))
    assert caught.value.of_server is of_server


async def test_who_was_tried_before_and_got_nonsense_asks_again_as_often_as_others(
    server: ModelServer, openai: Made
) -> None:
    server.script("Tried nonsense", Text("no"), Text("no"))
    reply = await openai().extract(request("Tried nonsense"), means=Means(tried=True))
    assert reply.attempts == 3


async def test_every_question_after_the_first_is_asked_only_if_the_budget_has_its_most(
    server: ModelServer, openai: Made
) -> None:
    asked: list[int] = []

    def may_spend(micros: int) -> bool:
        asked.append(micros)
        return len(asked) < 2

    extractor = openai(prices=PRICES)
    server.script("Dear", Text("no"), Text("no"), Text("no"))
    with pytest.raises(ExtractionFailed):
        await extractor.extract(request("Dear"), means=Means(may_spend=may_spend))
    assert len(server.asked("Dear")) == 2
    assert asked == [extractor.estimate(request("Dear"))] * 2

    talk = request("Costly parts", "I live in Rome.", "I live in Bern.")
    whole = json.dumps({"facts": [fact(0, "rich"), fact(1, "poor"), fact(2, "lost")]})
    server.script("Costly parts", Text(whole[:-20], "length"))
    reply = await extractor.extract(talk, means=Means(may_spend=lambda micros: False))
    assert (reply.attempts, reply.cut_off, reply.finish_reason) == (1, 2, "length")


async def test_all_questions_of_a_window_end_within_the_time_that_settings_say(
    server: ModelServer, openai: Made
) -> None:
    facts = [[fact(n, f"{n}"), fact(n + 1, "again"), fact(n + 2, "half")] for n in range(8)]
    late = [Facts(tuple(found), cut_at=len(json.dumps({"facts": found})) - 9, delay_s=0.9) for found in facts]
    server.script("Lasts", *late)
    extractor = openai(call_timeout_s=2.0, call_attempts=2, call_patience_s=0.0)
    reply = await extractor.extract(request(*(turn(f"Lasts {number}") for number in range(20))))
    assert reply.latency_ms <= 4_000
    assert 3 <= reply.attempts < 8
    assert reply.cut_off > 0


async def test_a_server_that_is_not_there_was_never_asked(openai: Made) -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        await openai(openai_base_url="http://127.0.0.1:1/v1", call_patience_s=0.02).extract(request("Anybody?"))
    assert caught.value.spent.attempts == 0


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (Fail(429, "insufficient_quota"), "quota is spent"),
        (Fail(402), "not paid"),
        (Fail(403), "TURNLOG_OPENAI_API_KEY"),
        (Fail(404, body=b'{"detail": "Not Found"}'), "TURNLOG_OPENAI_BASE_URL"),
    ],
)
async def test_what_somebody_has_to_mend_is_asked_once_and_left_for_later(
    fail: Fail, says: str, server: ModelServer, openai: Made
) -> None:
    server.script(f"Mend {says}", fail)
    with pytest.raises(Unavailable, match=says) as caught:
        await openai().extract(request(f"Mend {says}"))
    assert caught.value.spent.attempts == 1 == len(server.asked(f"Mend {says}"))


async def test_a_key_that_is_not_accepted_is_named_and_never_repeated(openai: Made) -> None:
    with pytest.raises(Unavailable, match="401 invalid_api_key: TURNLOG_OPENAI_API_KEY") as caught:
        await openai(openai_api_key="sk-wrong").extract(request("Hello"))
    assert "sk-wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("fail", "says"),
    [
        (Fail(400, "invalid_request_error", "context too long: 'I live in Oslo'"), "400 invalid_request_error"),
        (Fail(400, message="response_format json_schema is not supported"), "strict JSON schema"),
        (Fail(404, "model_not_found"), "does not know this model"),
        (Fail(400, "content_filter"), "filter"),
        (Fail(422), "does not accept"),
    ],
)
async def test_what_no_attempt_will_mend_fails_at_once(
    fail: Fail, says: str, server: ModelServer, openai: Made
) -> None:
    server.script(f"Never {says}", fail)
    with pytest.raises(ExtractionFailed, match=says) as caught:
        await openai().extract(request(f"Never {says}"))
    assert caught.value.spent.attempts == 1 == len(server.asked(f"Never {says}"))
    assert "Oslo" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "I cannot do that.",
        '{"facts": [{"content": "half',
        '{"facts": [{"content": "no evidence"}]}',
        "[]",
        '{"facts": [{}]}',
        '{"found": []}',
        '{"facts": [' * 3000,
    ],
)
async def test_an_answer_that_is_none_is_asked_for_again_and_then_the_window_fails(
    text: str | None, server: ModelServer, openai: Made
) -> None:
    before = len(server.asked("Nonsense"))
    server.script("Nonsense", Text(text), Text(text), Text(text))
    with pytest.raises(ExtractionFailed) as caught:
        await openai(prices=PRICES).extract(request("Nonsense"))
    assert caught.value.spent.attempts == 3 == len(server.asked("Nonsense")) - before
    assert caught.value.spent.tokens_in > 0 < caught.value.spent.cost_micros


async def test_a_refusal_fails_with_that_reason_once_the_attempts_are_spent(server: ModelServer, openai: Made) -> None:
    server.script("Forbidden", *[Text(None, refusal="I will not.")] * 2)
    with pytest.raises(ExtractionFailed, match="refused") as caught:
        await openai(call_attempts=2).extract(request("Forbidden"))
    assert (caught.value.finish_reason, caught.value.spent.attempts) == ("refusal", 2)


async def test_a_filter_fails_at_once(server: ModelServer, openai: Made) -> None:
    server.script("Filtered", Text('{"facts": []}', "content_filter"))
    with pytest.raises(ExtractionFailed, match="filter") as caught:
        await openai().extract(request("Filtered"))
    assert (caught.value.finish_reason, caught.value.spent.attempts) == ("content_filter", 1)


async def test_an_answer_that_was_cut_off_goes_on_with_the_turn_of_its_last_whole_fact(
    server: ModelServer, openai: Made
) -> None:
    asked = request("Long talk", "I have a cat.", "I have a dog.", "I have a fish.")
    whole = json.dumps({"facts": [fact(0, "talks"), fact(1, "cat"), fact(2, "dog, first half"), fact(3, "lost")]})
    server.script("Long talk", Text(whole[: whole.index("lost")], "length"))
    reply = await openai().extract(asked)
    assert [found.content for found in openai().proposals(reply, asked)] == [
        "talks",
        "cat",
        "user said: I have a dog.",
        "user said: I have a fish.",
    ]
    assert (reply.spans, reply.attempts, reply.cut_off, reply.finish_reason) == (((0, 2), (2, 4)), 2, 0, "stop")
    assert server.stats()["requests"] == len(server.requests)


async def test_an_answer_cut_off_before_its_first_fact_is_asked_for_in_halves(
    server: ModelServer, openai: Made
) -> None:
    asked = request("Halves", "I have a cat.", "I have a dog.")
    server.script("Halves", Facts(cut_at=30))
    reply = await openai().extract(asked)
    assert len(openai().proposals(reply, asked)) == 3
    assert (reply.spans, reply.attempts) == (((0, 0), (0, 1), (1, 3)), 3)
    assert [question.user.count(" number=") for question in server.asked("cat")][-2:] == [3, 2]


async def test_parts_are_asked_about_in_the_order_of_their_turns(server: ModelServer, openai: Made) -> None:
    asked = request("Parts", "I live in Oslo.", "I live in Rome.", "I live in Bern.")
    server.script("Parts", Facts(cut_at=20), Facts(cut_at=20))
    reply = await openai().extract(asked)
    assert reply.spans == ((0, 0), (0, 0), (0, 1), (1, 2), (2, 4))
    assert [found.evidence[0].turn for found in openai().proposals(reply, asked)] == [0, 1, 2, 3]


async def test_a_turn_that_is_cut_off_alone_keeps_its_whole_facts_and_says_that_some_are_lost(
    server: ModelServer, openai: Made
) -> None:
    whole = json.dumps({"facts": [fact(0, "first"), fact(0, "second")]})
    server.script("One long turn", Text(whole[:-20], "length"))
    reply = await openai().extract(request("One long turn"))
    assert [found.content for found in openai().proposals(reply, request("One long turn"))] == ["first"]
    assert (reply.cut_off, reply.finish_reason) == (1, "length")


async def test_a_turn_that_is_cut_off_alone_without_a_whole_fact_fails(server: ModelServer, openai: Made) -> None:
    server.script("Endless", Facts(cut_at=20))
    with pytest.raises(ExtractionFailed, match="cut off at 16 tokens") as caught:
        await openai(max_output_tokens=16).extract(request("Endless"))
    assert (caught.value.finish_reason, caught.value.spent.attempts) == ("length", 1)


async def test_a_window_that_is_cut_off_again_and_again_ends_with_what_it_has(
    server: ModelServer, openai: Made
) -> None:
    turns = [turn(f"Drip {number}") for number in range(20)]
    facts = [[fact(n, f"{n}"), fact(n + 1, "again"), fact(n + 2, "half")] for n in range(8)]
    server.script("Drip", *[Text(json.dumps({"facts": found})[:-9], "length") for found in facts])
    reply = await openai().extract(request(*turns))
    assert (reply.attempts, reply.finish_reason, reply.cut_off) == (8, "length", 12)
    assert [found.content for found in openai().proposals(reply, request(*turns))] == [f"{n}" for n in range(8)]


async def test_questions_side_by_side_share_the_client(server: ModelServer, openai: Made) -> None:
    extractor = openai()
    replies = await asyncio.gather(*(extractor.extract(request(f"Side {number}")) for number in range(40)))
    assert len({reply.raw for reply in replies}) == 40


async def test_neither_key_nor_texts_are_logged_at_any_level(
    server: ModelServer, openai: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.script("A secret talk", Fail(500, message="A secret talk"))
    await openai(call_timeout_s=30).extract(request("A secret talk"))
    assert "secret" not in caplog.text
    assert {record.name.split(".")[0] for record in caplog.records}.isdisjoint({"openai", "httpx", "httpx2"})
    assert server.key not in caplog.text


def test_the_identity_says_all_that_makes_answers_differ(server: ModelServer) -> None:
    plain = OpenAI(Settings(openai_api_key="k")).identity(None)
    assert (plain.name, plain.model, plain.prompt_version) == ("openai", "gpt-4.1-mini", prompt_hash(shipped_prompt()))
    others = [
        OpenAI(Settings(openai_api_key="k", model="x")).identity(None),
        OpenAI(Settings(openai_api_key="k")).identity("y"),
        OpenAI(Settings(openai_api_key="k")).identity(None, "0123"),
        OpenAI(Settings(openai_api_key="k", max_output_tokens=99)).identity(None),
        OpenAI(Settings(openai_api_key="k", model_options={"temperature": 0})).identity(None),
    ]
    assert len({plain, *others}) == 6
    assert OpenAI(Settings(openai_api_key="other", openai_base_url="http://elsewhere")).identity(None) == plain


def test_an_estimate_is_no_less_than_the_dearest_answer() -> None:
    extractor = OpenAI(Settings(openai_api_key="k", model="small", prices=PRICES, max_output_tokens=1000))
    assert extractor.estimate(request("Hi")) > 4_000 + len(shipped_prompt()) / 4
    assert OpenAI(Settings(openai_api_key="k")).estimate(request("Hi")) == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"openai_base_url": "localhost:8000"},
        {"openai_base_url": "http://host:port/v1"},
        {"openai_base_url": ""},
        {"openai_api_key": "ключ"},
        {"openai_api_key": "a\nb"},
        {"openai_api_key": ""},
        {"openai_api_key": " ", "openai_base_url": "https://API.openai.com/v1/"},
    ],
)
def test_an_address_or_key_that_cannot_be_is_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="TURNLOG_OPENAI_"):
        OpenAI(Settings(**({"openai_api_key": "k"} | wrong)))
