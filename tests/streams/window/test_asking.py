"""Who is to extract a window stands in it, and the prompt's text only where it has not been told."""

from schemas.extraction import Asked
from streams import codec
from streams.ports import Chunk
from streams.window.agents import build
from streams.window.asking import Asking, prompt_key
from tests.streams.window import log as written
from tests.streams.window.log import Log, cut

PROMPT = Asked(extractor="openai", model="small", prompt="1234", prompt_text="Say what you learnt.")
NAMED = {"extractor": "openai", "model": "small", "prompt": "1234"}


def test_the_default_is_not_written_down() -> None:
    asking = Asking(Asked(), "extractions", {})
    assert (asking.fields({}), asking.changes) == ({}, {})


def test_the_text_is_told_once() -> None:
    asking = Asking(PROMPT, "extractions", {})
    assert asking.fields({}) == {**NAMED, "prompt_text": PROMPT.prompt_text}
    assert asking.fields({}) == NAMED
    assert asking.changes == {prompt_key("extractions", "1234"): b"1"}


def test_what_the_table_knows_was_told_and_another_prompt_or_topic_was_not() -> None:
    state = {prompt_key("extractions", "1234"): b"1"}
    assert Asking(PROMPT, "extractions", state).fields({}) == NAMED
    other = PROMPT.model_copy(update={"prompt": "5678"})
    assert "prompt_text" in Asking(other, "extractions", state).fields({})
    assert "prompt_text" in Asking(PROMPT, "extractions-backfill", state).fields({})


def test_a_window_that_is_kept_word_for_word_asks_nobody() -> None:
    asking = Asking(PROMPT, "extractions", {})
    assert asking.fields({"infer": False}) == {}
    assert asking.changes == {}


def test_a_chunk_without_a_window_does_not_say_that_the_prompt_was_told() -> None:
    log = Log()
    log.say(0, "hello")
    effects = build(written.settings(), PROMPT)(0, {}).process(Chunk("conversations", 0, log.records, 0, 1), {})
    assert prompt_key("extractions", "1234") not in effects.changes


def test_a_window_reads_back_as_it_was_written() -> None:
    log = Log()
    log.say(0, "hello", flush=True)
    effects = build(written.settings(), PROMPT)(0, {}).process(Chunk("conversations", 0, log.records, 0, 1), {})
    (value,) = (output.value or b"" for output in effects.outputs if output.topic == "extractions")
    event = codec.decode(value)
    assert codec.encode(event) == value
    assert event.model_dump()["asked"] == PROMPT.model_dump()
    assert b'"asked"' not in (cut(log).outputs[-2].value or b"")
