"""The table of settings says what is so: its names are read, and its defaults are the defaults."""

import pytest

from streams.cli.connection import read_settings
from streams.describe_settings import settings_table, variables
from streams.errors import ConfigurationError
from streams.settings import Settings

VARIABLES = list(variables(Settings))


def test_every_setting_has_a_row_with_a_name_of_its_own_and_words_about_it() -> None:
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))
    assert {"TURNLOG_KAFKA", "TURNLOG_KAFKA_PASSWORD", "TURNLOG_WINDOW_TURNS", "TURNLOG_HASH_KEY"} <= set(names)
    assert not [variable.name for variable in VARIABLES if not variable.about]
    assert len(settings_table().splitlines()) == len(names) + 2


def test_what_stands_as_default_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    expected = Settings()
    for variable in VARIABLES:
        if variable.default:
            monkeypatch.setenv(variable.name, variable.default)
    assert Settings().model_dump() == expected.model_dump()


@pytest.mark.parametrize("name", ["TURNLOG_PARTITIONS", "TURNLOG_WINDOW_GAP_S", "TURNLOG_KAFKA_SECURITY"])
def test_a_value_that_cannot_be_is_told_by_the_name_of_its_variable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(ConfigurationError, match=f"^{name}: ") as refused:
        read_settings()
    assert "hunter2" not in str(refused.value)
