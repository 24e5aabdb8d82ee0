"""Three brokers on this machine that are one cluster (KRaft, each a controller too), and who is held up by them."""

import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.local.child import Child
from streams.local.jars import fetch_jars
from streams.local.java import find_java
from streams.local.kafka import CONFIGURATION, FORMATTER, LocalKafka, is_unformatted, new_cluster_id
from streams.local.kafka_settings import JVM_OPTIONS
from streams.local.ports import LOOPBACK, find_free_ports
from tests.faults.group import wait_until
from tests.faults.held_up import HeldUp

COPIES = 3
SETTINGS = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "transaction.state.log.num.partitions": "3",
    # several on two cores: a pause must not look like a death
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class Ports(NamedTuple):
    broker: int
    controller: int


class Node(LocalKafka):
    """One of the brokers."""

    def __init__(self, folder: Path, number: int, ports: Sequence[Ports], cluster_id: str) -> None:
        own = ports[number - 1]
        voters = ",".join(f"{n}@{LOOPBACK}:{each.controller}" for n, each in enumerate(ports, 1))
        listeners = f"PLAINTEXT://{LOOPBACK}:{own.broker},CONTROLLER://{LOOPBACK}:{own.controller}"
        about = {"node.id": str(number), "controller.quorum.voters": voters, "listeners": listeners}
        super().__init__(folder / f"broker{number}", port=own.broker, properties={**SETTINGS, **about})
        self.number, self._cluster_id = number, cluster_id

    def choose_command(self) -> Child:
        if is_unformatted(self.data):
            self._choose_ports()
            jars = ":".join(map(str, fetch_jars()))
            command = [find_java(), *JVM_OPTIONS, "-cp", jars, FORMATTER, "format", "--cluster-id", self._cluster_id]
            subprocess.run([*command, "--config", CONFIGURATION], cwd=self.data, check=True, capture_output=True)
            (self.data / "formatted").touch()
        return super().choose_command()


class Brokers:
    """The cluster, as a context."""

    def __init__(self, folder: Path) -> None:
        free, cluster_id = find_free_ports(2 * COPIES), new_cluster_id()
        ports = [Ports(*free[at : at + 2]) for at in range(0, len(free), 2)]
        self.nodes = [Node(folder, number, ports, cluster_id) for number in range(1, COPIES + 1)]
        self.address = ",".join(f"{LOOPBACK}:{each.broker}" for each in ports)

    def __enter__(self) -> Self:
        try:
            with ThreadPoolExecutor(COPIES) as pool:
                children = list(pool.map(Node.prepare, self.nodes))
            for child in children:
                child.start()  # none is ready before most of them run
            for node, child in zip(self.nodes, children, strict=True):
                child.wait_ready(node.ready, 240)
        except BaseException:
            self.__exit__()
            raise
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.stop(grace=0)

    def wait_until_in_step(self, limit: float = 240) -> None:
        """Until every partition has all its copies: the next broker may be killed."""
        wait_until(lambda: not self._behind(), limit, lambda: str(self._behind()))

    def _behind(self) -> list[str]:
        try:
            topics = self.admin.list_topics(timeout=5).topics
        except KafkaException as error:
            return [str(error)]
        parts = [(name, number, part) for name, about in topics.items() for number, part in about.partitions.items()]
        return [f"{name}/{number}" for name, number, part in parts if len(part.isrs) < COPIES or part.leader < 0]


class Blocked(threading.Thread):
    """Watches how long readers of committed records are held up."""

    def __init__(self, admin: AdminClient, topics: Sequence[str], partitions: int) -> None:
        super().__init__(daemon=True)
        self._admin, self._stop_it = admin, threading.Event()
        self._places = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
        self.held, self.looks = HeldUp(), 0
        self.start()

    def run(self) -> None:
        while not self._stop_it.wait(0.2):
            began = time.monotonic()
            try:
                stable = self._ends(IsolationLevel.READ_COMMITTED)
                written = self._ends(IsolationLevel.READ_UNCOMMITTED)
            except KafkaException:
                continue  # a leader is just away
            self.looks += 1
            ended = time.monotonic()
            for place, end in stable.items():
                self.held.note(place, stable=end, written=written[place], began=began, ended=ended)

    def _ends(self, isolation: IsolationLevel) -> dict[tuple[str, int], int]:
        asked = {place: OffsetSpec.latest() for place in self._places}
        answers = self._admin.list_offsets(asked, isolation_level=isolation, request_timeout=5)
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}

    def finish(self) -> None:
        self._stop_it.set()
        self.join()
