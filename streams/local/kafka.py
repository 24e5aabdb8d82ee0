"""One real Apache Kafka broker (KRaft, a single node) on the loopback interface, its data kept in a folder."""

import base64
import os
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from streams.errors import LocalModeError
from streams.local.child import Child
from streams.local.jars import Progress, fetch_jars
from streams.local.java import find_java
from streams.local.kafka_ready import is_ready
from streams.local.kafka_settings import JVM_OPTIONS, LOG_FOLDER, render_properties
from streams.local.lock import create_folder
from streams.local.ports import LOOPBACK, is_free, keep_ports
from streams.local.service import Service

CONFIGURATION = "server.properties"
BROKER, FORMATTER = "kafka.Kafka", "kafka.tools.StorageTool"
LOCALE = {"LC_ALL": "C.UTF-8"}  # or a JVM cannot open folders with letters beyond ASCII in their names


class LocalKafka(Service):
    """A broker of ours."""

    name = "kafka"

    def __init__(
        self,
        data: Path,
        *,
        port: int | None = None,
        properties: Mapping[str, str] = MappingProxyType({}),
        jvm_options: Sequence[str] = JVM_OPTIONS,
        cache: Path | None = None,
        log: Path | None = None,
        on_progress: Progress = lambda line: None,
    ) -> None:
        super().__init__(data, log or data / "broker.log")
        self._wanted_port, self._properties, self._cache = port, dict(properties), cache
        self._jvm_options, self._on_progress = tuple(jvm_options), on_progress
        self._port: int | None = None

    def choose_command(self) -> Child:
        """Jars, ports, configuration, a formatted folder. Fetches the jars when they are not in the cache."""
        jars = fetch_jars(self._cache, on_progress=self._on_progress)
        java = [find_java(), *self._jvm_options, "-cp", ":".join(map(str, jars))]
        if self._port is None or not is_free(self._port):
            self._choose_ports()
        if is_unformatted(self.data):
            format_storage(java, self.data)
        return Child(self.name, [*java, BROKER, CONFIGURATION], log=self.log, env=LOCALE, cwd=self.data)

    def ready(self) -> bool:
        """The broker answers and may serve."""
        return self._port is not None and is_ready(self._port)

    @property
    def port(self) -> int:
        """Known from the first start on."""
        if self._port is None:
            raise LocalModeError("kafka has not been started")
        return self._port

    @property
    def address(self) -> str:
        """Host and port for clients."""
        return f"{LOOPBACK}:{self.port}"

    def _choose_ports(self) -> None:
        self._port, controller = keep_ports(self.data / "ports.json", wanted=[self._wanted_port, None])
        text = render_properties(port=self._port, controller_port=controller, changes=self._properties)
        (self.data / CONFIGURATION).write_text(text)


def is_unformatted(data: Path) -> bool:
    """The folder was never formatted to the end. What an interrupted formatting left is not data yet."""
    return not (data / "formatted").exists() and not (data / LOG_FOLDER / "__cluster_metadata-0").exists()


def format_storage(java: Sequence[str], data: Path) -> None:
    """Give the broker's folder its cluster id, as every new Kafka needs it."""
    create_folder(data)
    shutil.rmtree(data / LOG_FOLDER, ignore_errors=True)
    command = [*java, FORMATTER, "format", "--cluster-id", new_cluster_id(), "--config", CONFIGURATION]
    done = subprocess.run(command, cwd=data, env={**os.environ, **LOCALE}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalModeError(f"cannot prepare {data} for Kafka:\n{(done.stdout + done.stderr).strip()}")
    (data / "formatted").touch()


def new_cluster_id() -> str:
    """A random id in Kafka's form; one that begins with a dash would be taken for an option."""
    return "T" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
