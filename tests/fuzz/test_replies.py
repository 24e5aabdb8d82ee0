"""Whatever a model's server answers, a window gets a result that holds no more than its turns prove, and in time."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import WindowClosed, WindowExtracted
from schemas.submission import FACT_TYPES
from streams import codec
from streams.adapters.openai import Completion, _completion
from streams.extract.extractor import Identity, Reply
from streams.extract.journal import Answer, JournalKey, entry, find
from streams.extract.openai.parse import proposals, read
from streams.extract.openai.times import span_of
from streams.extract.openai.trouble import unusable
from streams.extract.reply import MAX_BYTES, MAX_CONTENT
from streams.extract.request import request_for
from streams.extract.result import from_reply
from tests.fuzz.json_forms import ODD, TEXT, changed, damaged, from_plain, write
from tests.fuzz.judge import RECORD_MAX, check_changes, quickly
from tests.streams.extract.windows import window

WINDOW = window("I live in Oslo with my sister Eva.", "Good for you! " * 500, "I have 2 cats, since May 2021.")
IDENTITY = Identity("openai", "1", "m", "p", 1)
quotes = st.sampled_from(["I live in Oslo", "oslo  with", "", " ", "a " * 200, "Good for you! " * 40]) | TEXT
words = st.sampled_from(["I", "user", "the user", "Ann", "", " \n", "x" * 2_000, "lives_in", "[REDACTED:x]"]) | TEXT
times = st.none() | st.sampled_from(["2021-05", "2021", "1900-01-01T00:00+23:59", "2100-12-31T23:59-23:59", "soon"])
facts = st.fixed_dictionaries(
    {
        "evidence": st.lists(st.fixed_dictionaries({"turn": st.integers(-1, 4), "quote": quotes}), max_size=3),
        "speaker": words,
        "type": st.sampled_from([*FACT_TYPES, "rumour"]),
        "content": words | quotes,
        "subject": st.none() | words,
        "predicate": st.none() | words,
        "object": st.none() | words,
        "about": words,
        "basis": st.sampled_from(["said", "implied", "corrected"]),
        "confidence": st.floats(-1, 2),
        "happened_from": times,
        "happened_until": times,
        "expires": times,
        "entities": st.lists(st.fixed_dictionaries({"name": words, "type": words}), max_size=3),
    }
)
answers = st.lists(facts, max_size=3).map(lambda found: {"facts": found})
texts = st.one_of(
    answers.map(json.dumps),
    answers.map(from_plain).flatmap(changed).map(write).map(lambda content: content.decode(errors="surrogateescape")),
    st.tuples(answers.map(json.dumps), st.integers(0, 2_000)).map(lambda cut: cut[0][: cut[1]]),
    st.text(),
)
bodies = st.builds(
    lambda text, reason, usage: {
        "id": "1", "model": "m", "choices": [{"index": 0, "finish_reason": reason, "message": {"content": text}}],
        "usage": usage,
    },
    texts,
    st.sampled_from(["stop", "stop", "length", "content_filter"]) | TEXT | st.none(),
    ODD.filter(lambda value: value is None or isinstance(value, int | str)) | st.just({"prompt_tokens": 2**50}),
)  # fmt: skip
bodies_sent = st.one_of(
    bodies.map(json.dumps).map(str.encode),
    bodies.map(from_plain).flatmap(changed).map(write),
    bodies.map(json.dumps).map(str.encode).flatmap(damaged),
    st.binary(),
)


def result_of(reply: Reply) -> WindowExtracted:
    return from_reply(
        WINDOW,
        key="k",
        identity=IDENTITY,
        reply=reply,
        proposals=proposals(reply, request_for(WINDOW)),
        journal_hit=False,
    )


def check_result(result: WindowExtracted) -> None:
    """What stands is proven by turns of the window, of a size that fits, and can be written and read again."""
    units = {unit.turn_id: unit for unit in WINDOW.units}
    assert len(result.candidates) <= WINDOW.options.max_facts
    for candidate in result.candidates:
        assert candidate.evidence
        for proof in candidate.evidence:
            assert proof.quote is None or proof.quote in units[proof.turn_id].text
        assert 0 <= candidate.confidence <= 1
        assert candidate.type in FACT_TYPES
        assert 0 < len(candidate.content) <= MAX_CONTENT
        assert "[REDACTED:" not in candidate.content
        for moment in (candidate.occurred_start, candidate.occurred_end, candidate.expires_at):
            assert moment is None or -2_300_000_000_000 < moment < 4_200_000_000_000
    written = codec.encode(result)
    assert codec.decode(written) == result
    assert len(written) <= min(RECORD_MAX, MAX_BYTES + 100_000)


@settings(max_examples=200, deadline=None)
@given(bodies_sent)
def test_any_answer_is_read_refused_or_the_trouble_of_its_server(content: bytes) -> None:
    completion = quickly(lambda: _completion(content, "asked"), len(content))
    if not isinstance(completion, Completion):
        assert completion.reached, "it may have been paid"
        return
    answer = quickly(lambda: read(completion.text), len(content))
    trouble = unusable(completion, answer)
    if trouble is not None:
        assert completion.text[:40] not in trouble.message or not completion.text.strip() or len(completion.text) < 8
        return
    reply = Reply(raw=(completion.text,), model=completion.model, finish_reason=completion.finish_reason or None)
    key = JournalKey(b"s" * 16, b"k" * 16)
    changes = entry(key, Answer(generation=1, window_id="w", reply=reply))
    check_changes({name: value for name, value in changes.items() if len(value) < 1 << 16})
    found = find(changes, key)
    assert found is not None
    assert found.reply == reply, "letter for letter"
    check_result(quickly(lambda: result_of(reply), len(content)))


@settings(max_examples=150, deadline=None)
@given(st.lists(texts, max_size=3), st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=4))
def test_any_texts_in_the_journal_give_a_result(raw: list[str], spans: list[tuple[int, int]]) -> None:
    check_result(result_of(Reply(raw=tuple(raw), spans=tuple(spans))))


def _fact(**fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "evidence": [], "speaker": "user", "type": "fact", "content": "The user lives in Oslo.", "subject": None,
        "predicate": None, "object": None, "about": "user", "basis": "said", "confidence": 1, "happened_from": None,
        "happened_until": None, "expires": None, "entities": [],
    }  # fmt: skip
    return plain | fields


@pytest.mark.parametrize("zone", ["+99:99", "-24:00", "+00:60", "+2400"])
def test_a_zone_that_is_none_makes_no_time(zone: str) -> None:
    """It moved a time by days, and one of 1900 before what the database can hold."""
    assert span_of(f"1900-01-01T00:00{zone}") is None
    assert span_of("1900-01-02T00:00+23:59") is not None


@pytest.mark.parametrize(
    ("text", "quote"),
    [("a " * 4_000, "a " * 199 + "b"), ("a. " * 2_600, ("a " * 150) + "c"), ("ab" * 4_000, "a b " * 99)],
)
def test_thousands_of_long_quotes_that_are_almost_there_cost_no_more_than_their_size(text: str, quote: str) -> None:
    said: WindowClosed = window(text)
    facts = [_fact(content=f"fact {n}", evidence=[{"turn": 0, "quote": quote}] * 20) for n in range(200)]
    content = orjson.dumps({"facts": facts}).decode()
    reply = Reply(raw=(content,))
    quickly(lambda: proposals(reply, request_for(said)), len(content))
