"""A stage's Faust app: our names, our settings, whatever the environment says."""

import pytest

from streams.engine import EngineSettings, StageSpec, app_for
from streams.ports import Chunk, Effects, State


class Nothing:
    def process(self, chunk: Chunk, state: State) -> Effects:
        return Effects()

    async def write(self, chunk: Chunk) -> None: ...


SPEC = StageSpec(
    name="resolve",
    app_id="resolve.g2",
    sources=("results",),
    outputs=("facts", "jobs.g2"),
    changelog="resolve.g2.table",
    partitions=6,
    build=lambda number, state: Nothing(),
)
SETTINGS = EngineSettings(brokers="one:9092,two:9093", session_timeout_s=7, instance_id="host-1")


async def test_group_agent_table_and_topics_have_the_names_we_gave() -> None:
    app = app_for(SPEC, SETTINGS)
    assert app.conf.id == "resolve.g2"
    assert [agent.name for agent in app.agents.values()] == ["resolve"]
    assert [agent.channel.topics for agent in app.agents.values()] == [("results",)]
    assert {table.name: table.changelog_topic.get_topic_name() for table in app.tables.values()} == {
        "resolve": "resolve.g2.table"
    }
    assert app.conf.consumer_group_instance_id == "host-1"
    assert app.conf.broker_session_timeout == 7
    assert not app.conf.web_enabled


async def test_the_environment_does_not_override(monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in ("", "TURNLOG_", "TURNLOG_FAUST_"):
        monkeypatch.setenv(f"{prefix}BROKER_URL", "kafka://elsewhere:1")
        monkeypatch.setenv(f"{prefix}BROKER_SESSION_TIMEOUT", "99")
    app = app_for(SPEC, SETTINGS)
    assert [str(url) for url in app.conf.broker] == ["kafka://one:9092", "kafka://two:9093"]
    assert app.conf.broker_session_timeout == 7


async def test_two_apps_share_nothing() -> None:
    assert app_for(SPEC, SETTINGS) is not app_for(SPEC, SETTINGS)
    assert len(app_for(SPEC, SETTINGS).agents) == 1


async def test_a_writer_has_no_table() -> None:
    spec = StageSpec(
        name="sink", app_id="sink", sources=("facts", "jobs"), partitions=6, writer=lambda number: Nothing()
    )
    assert not app_for(spec, SETTINGS).tables


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"writer": lambda number: Nothing()}, "either build or writer"),
        ({"build": None}, "either build or writer"),
        ({"changelog": None}, "a stage with build has a changelog"),
        ({"build": None, "changelog": None, "writer": lambda number: Nothing()}, "no outputs in Kafka"),
        ({"sources": ()}, "sources"),
        ({"partitions": 0}, "partitions"),
        ({"timers": 1}, "timers"),
    ],
)
def test_a_stage_is_of_one_kind(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        StageSpec(**{**dict(SPEC), **changes})


def test_security_goes_to_every_client() -> None:
    settings = EngineSettings(brokers="a:1,b:2", security={"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN"})
    assert settings.client() == {
        "bootstrap_servers": ["a:1", "b:2"],
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "PLAIN",
    }
    assert "SASL" not in repr(settings)
