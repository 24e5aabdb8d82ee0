"""A generation keeps the settings it was begun with, or says that it does not."""

import logging

import pytest

from schemas.extraction import Asked
from streams.errors import ConfigurationError
from streams.ports import Chunk
from streams.settings import WindowLimits
from streams.window.agents import build
from streams.window.pinned import PINNED, check, pin_of
from tests.streams.window import log as written

RULES = Asked()
MODEL = Asked(extractor="openai", model="small", prompt="1234", prompt_text="Say what you learnt.")


def test_the_first_chunk_pins_what_its_windows_are_made_with_and_a_second_has_nothing_to_add() -> None:
    log = written.Log()
    log.say(0, "Hello there.")
    state: dict[bytes, bytes] = {}
    made = build(written.settings(2), MODEL)(0, state).process(Chunk("conversations", 0, log.records, 0, 100), state)
    state.update(made.changes)
    assert state[PINNED] == pin_of(written.settings(2).window, MODEL)
    assert b"Say what" not in state[PINNED], "the prompt stands as its hash"
    again = build(written.settings(2), MODEL)(0, state).process(Chunk("conversations", 0, log.records, 0, 100), state)
    assert PINNED not in again.changes


def test_a_derived_generation_is_not_gone_on_with_under_other_settings() -> None:
    state = {PINNED: pin_of(WindowLimits(turns=10), MODEL)}
    check(state, pin_of(WindowLimits(turns=10), MODEL), generation=2)
    with pytest.raises(ConfigurationError) as refused:
        check(state, pin_of(WindowLimits(turns=20), RULES), generation=2)
    assert "TURNLOG_WINDOW_TURNS was 10, is 20" in str(refused.value)
    assert "TURNLOG_EXTRACTOR was openai, is rules" in str(refused.value)
    assert "TURNLOG_WINDOW_GAP_S" not in str(refused.value)


def test_the_first_generation_goes_on_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    state = {PINNED: pin_of(WindowLimits(), RULES)}
    with caplog.at_level(logging.WARNING):
        check(state, pin_of(WindowLimits(), MODEL), generation=1)
    assert "action=settings_changed generation=1" in caplog.text
    assert "TURNLOG_EXTRACTOR was rules, is openai" in caplog.text


def test_a_setting_that_a_newer_version_brought_is_no_difference() -> None:
    older = {PINNED: b'{"TURNLOG_EXTRACTOR":"rules"}'}
    check(older, pin_of(WindowLimits(turns=3), RULES), generation=2)
    with pytest.raises(ConfigurationError) as refused:
        check(older, pin_of(WindowLimits(turns=3), MODEL), generation=2)
    assert "TURNLOG_WINDOW_TURNS" not in str(refused.value)
