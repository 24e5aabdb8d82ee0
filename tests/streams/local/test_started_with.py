"""Which settings differ from those of a running stack is told by name; the file gives no value away."""

from pathlib import Path

import pytest

from streams.local.started_with import differing, started_with
from streams.settings import KafkaAccess, Settings, WindowLimits

KEY = "sk-opens-nothing-1234"


def test_the_same_settings_do_not_differ_wherever_services_and_folder_are() -> None:
    orgs = frozenset(f"org-{number}" for number in range(50))
    started = started_with(Settings(openai_api_key=KEY, shared_visibility_orgs=orgs))
    assert differing(started, Settings(openai_api_key=KEY, shared_visibility_orgs=frozenset(sorted(orgs)))) == []
    elsewhere = Settings(
        openai_api_key=KEY, shared_visibility_orgs=orgs, kafka="127.0.0.1:1", clickhouse="http://x", state_dir=Path("y")
    )
    assert differing(started, elsewhere) == []


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        (Settings(http="127.0.0.1:9464"), ["TURNLOG_HTTP"]),
        (Settings(openai_api_key=KEY), ["OPENAI_API_KEY", "TURNLOG_EXTRACTOR"]),
        (Settings(window=WindowLimits(turns=3)), ["TURNLOG_WINDOW_TURNS"]),
        (Settings(kafka_access=KafkaAccess(password="x")), ["TURNLOG_KAFKA_PASSWORD"]),
        (Settings(hash_key="another key"), ["TURNLOG_HASH_KEY"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_another_setting_is_named(settings: Settings, names: list[str]) -> None:
    assert differing(started_with(Settings()), settings) == names


def test_another_key_is_seen_and_none_is_written_down() -> None:
    started = started_with(Settings(openai_api_key=KEY))
    assert differing(started, Settings(openai_api_key=KEY + "5")) == ["OPENAI_API_KEY"]
    assert KEY not in started.model_dump_json()
    again = started_with(Settings(openai_api_key=KEY))
    assert started.settings["OPENAI_API_KEY"] != again.settings["OPENAI_API_KEY"], "salted"


def test_a_stack_of_a_version_that_did_not_know_a_setting_differs_in_it() -> None:
    started = started_with(Settings())
    older = started.model_copy(
        update={"settings": {name: value for name, value in started.settings.items() if name != "TURNLOG_LOG"}}
    )
    assert differing(older, Settings()) == ["TURNLOG_LOG"]
