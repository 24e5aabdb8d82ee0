"""The compose file and the image: whatever they name exists, and what compose makes of them is what we mean."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from confluent_kafka.admin import AdminClient, ConfigResource

from streams.cli.turnlog import turnlog
from streams.describe_settings import variables
from streams.local.jars import read_release
from streams.local.kafka import LocalKafka
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "turnlog"]
WITH_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
ASKED_FOR = re.compile(r"\$\{\w+:\?[^}]*\}")
OF_THE_SHELL = {"OPENAI_API_KEY", "OPENAI_BASE_URL"}
"""Known by these names too."""


def test_every_setting_exists_and_has_a_value_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {variable.name for variable in variables(Settings)}
    assert OURS == ["prepare", "worker", "worker-two"]
    for name in OURS:
        environment = SERVICES[name]["environment"]
        assert set(environment) - OF_THE_SHELL <= known
        texts = {key: str(value) for key, value in environment.items() if value is not None}
        given = {key: ASKED_FOR.sub("a secret key", WITH_DEFAULT.sub(r"\1", text)) for key, text in texts.items()}
        for key, value in given.items():
            monkeypatch.setenv(key, value)
        settings = Settings()
        assert (settings.kafka, settings.clickhouse) == ("kafka:29092", "http://clickhouse:8123")
        assert settings.clickhouse_user == SERVICES["clickhouse"]["environment"]["CLICKHOUSE_USER"]


@pytest.mark.kafka
def test_every_setting_of_the_broker_is_one_that_kafka_knows(kafka: LocalKafka) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.address})
    asked = admin.describe_configs([ConfigResource(ConfigResource.Type.BROKER, "1")])
    (known,) = [done.result(20) for done in asked.values()]
    for name in SERVICES["kafka"]["environment"]:
        assert name.removeprefix("KAFKA_").lower().replace("_", ".") in known, name
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{read_release().version}"


def test_every_command_exists() -> None:
    called = [SERVICES[name].get("command", []) for name in OURS]
    scripts = [SERVICES[name]["entrypoint"][-1] for name in OURS if "entrypoint" in SERVICES[name]]
    called += [command.split()[1:] for script in scripts for command in script.split(" && ")]
    for words in called:
        command: click.Command | None = turnlog
        for word in words:
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), word)
            assert command is not None, words
    assert called[-2:] == [["topics", "ensure"], ["migrate"]]


def test_no_password_stands_where_a_list_of_processes_shows_it() -> None:
    for service in SERVICES.values():
        shown = [*service.get("command", []), *service.get("entrypoint", []), *service["healthcheck"].get("test", [])]
        assert not [part for part in shown if "PASSWORD" in part or "HASH_KEY" in part or "--password" in part]


def test_a_worker_waits_for_topics_and_tables_and_those_for_healthy_services() -> None:
    assert SERVICES["worker"]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    assert SERVICES["prepare"]["depends_on"] == {
        name: {"condition": "service_healthy"} for name in ("kafka", "clickhouse")
    }
    port = SERVICES["worker"]["environment"]["TURNLOG_HTTP"].rpartition(":")[2]
    assert f"127.0.0.1:{port}/health" in SERVICES["worker"]["healthcheck"]["test"][-1]


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs docker-compose")
def test_compose_understands_the_file_and_fills_in_secrets_from_the_environment() -> None:
    environment = {**os.environ, "TURNLOG_HASH_KEY": "a-secret-of-ours", "TURNLOG_CLICKHOUSE_PASSWORD": "another"}
    command = ["docker-compose", "--file", str(FILE), "--profile", "two", "config"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert services.keys() == SERVICES.keys()
    assert services["worker-two"]["profiles"] == ["two"]
    for name in OURS:
        assert services[name]["environment"]["TURNLOG_HASH_KEY"] == "a-secret-of-ours"
        assert services[name]["environment"]["TURNLOG_CLICKHOUSE_PASSWORD"] == "another"
    assert services["clickhouse"]["environment"]["CLICKHOUSE_PASSWORD"] == "another"
    assert services["worker"]["healthcheck"] == SERVICES["worker"]["healthcheck"]


def test_the_image_gets_every_package_and_starts_a_command_that_exists() -> None:
    lines = (ROOT / "infra/Dockerfile").read_text(encoding="utf-8").splitlines()
    packages = re.search(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    for package in re.findall(r'"(\w+)"', packages[1]):
        assert f"COPY {package} {package}" in lines
        assert f"!{package}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ['ENTRYPOINT ["turnlog"]', 'CMD ["worker"]']
