"""Extractors by name: built when they are asked for, and missing ones are no reason to fail a window."""

import logging

import pytest

from streams.errors import Unavailable
from streams.extract.extractors import extractors
from streams.extract.rules import Rules
from streams.settings import Settings


def test_one_is_built_once() -> None:
    by_name = extractors(Settings())
    assert isinstance(by_name("rules"), Rules)
    assert by_name("rules") is by_name("rules")


@pytest.mark.parametrize("name", ["magic", "rules2"])
def test_one_that_is_unknown_is_unavailable_and_said_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    by_name = extractors(Settings())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            with pytest.raises(Unavailable):
                by_name(name)
    [line] = [record.getMessage() for record in caplog.records]
    assert f"action=extractor_missing extractor={name}" in line
