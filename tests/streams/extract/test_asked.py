"""Whom windows are asked of, by the settings; and the prompt, by its text."""

from pathlib import Path

import pytest

from schemas.extraction import Asked
from streams.errors import ConfigurationError
from streams.extract.asked import asked_of
from streams.extract.prompt import prompt_hash, read_prompt, shipped_prompt
from streams.settings import Settings


def test_a_key_makes_openai_the_extractor_unless_another_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().extractor == "rules"
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://here/v1")
    assert (Settings().extractor, Settings().openai_api_key, Settings().openai_base_url) == (
        "openai",
        "k",
        "http://here/v1",
    )
    monkeypatch.setenv("TURNLOG_OPENAI_API_KEY", "ours")
    assert Settings().openai_api_key == "ours"
    assert "ours" not in repr(Settings())
    monkeypatch.setenv("TURNLOG_EXTRACTOR", "rules")
    assert Settings().extractor == "rules"


def test_prices_are_read_as_providers_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "TURNLOG_PRICES", '{"small": {"in": 0.4, "out": 1.6, "cached": 0.1}, "own": {"in": 0, "out": 0}}'
    )
    assert Settings().prices["small"].output == 1.6
    assert Settings().prices["own"].cached is None


def test_a_window_names_extractor_model_and_prompt_and_brings_its_text() -> None:
    asked = asked_of(Settings(extractor="openai", model="small"))
    text = shipped_prompt()
    assert asked == Asked(extractor="openai", model="small", prompt=prompt_hash(text), prompt_text=text)
    assert asked_of(Settings(extractor="rules")) == Asked()


def test_an_extractor_that_nobody_knows_is_refused_before_any_window_names_it() -> None:
    with pytest.raises(ConfigurationError, match="TURNLOG_EXTRACTOR='opnai'"):
        asked_of(Settings(extractor="opnai"))


def test_another_prompt_is_another_question(tmp_path: Path) -> None:
    file = tmp_path / "mine.md"
    file.write_text("Find facts.", encoding="utf-8")
    asked = asked_of(Settings(extractor="openai", prompt=file))
    assert (asked.prompt_text, asked.prompt) == ("Find facts.", prompt_hash("Find facts."))
    assert asked.prompt != prompt_hash(shipped_prompt())


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff", b"x" * 100_001])
def test_a_file_that_can_be_no_prompt_is_refused_by_its_name(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "prompt.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="TURNLOG_PROMPT="):
        read_prompt(file)
