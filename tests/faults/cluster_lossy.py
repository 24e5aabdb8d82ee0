"""A broker of another version of Kafka, one that may lose commit markers, and the partitions where it did."""

import os
from pathlib import Path

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.local.child import Child
from streams.local.java import find_java
from streams.local.kafka import CONFIGURATION, LOCALE, LocalKafka, format_storage, is_unformatted
from streams.local.kafka_settings import JVM_OPTIONS
from streams.local.ports import is_free

JARS = os.environ.get("TURNLOG_LOSSY_KAFKA", "")
"""A folder with all jars of, say, Apache Kafka 4.4.0."""


class OtherKafka(LocalKafka):
    """As `LocalKafka`, from the jars of `TURNLOG_LOSSY_KAFKA`."""

    def choose_command(self) -> Child:
        java = [find_java(), *JVM_OPTIONS, "-cp", ":".join(map(str, sorted(Path(JARS).glob("*.jar"))))]
        if self._port is None or not is_free(self._port):
            self._choose_ports()
        if is_unformatted(self.data):
            format_storage(java, self.data)
        return Child(self.name, [*java, "kafka.Kafka", CONFIGURATION], log=self.log, env=LOCALE, cwd=self.data)


def hanging(brokers: str, topics: list[str], partitions: int) -> dict[str, tuple[int, int]]:
    """Partitions whose readers stop before the end, once nobody writes: where they stop, and where the log ends."""
    admin = AdminClient({"bootstrap.servers": brokers, "log_level": 0})
    asked = {TopicPartition(topic, number): OffsetSpec.latest() for topic in topics for number in range(partitions)}

    def ends(isolation: IsolationLevel) -> dict[TopicPartition, int]:
        answers = admin.list_offsets(asked, isolation_level=isolation, request_timeout=20)
        return {place: answer.result().offset for place, answer in answers.items()}

    stable, written = ends(IsolationLevel.READ_COMMITTED), ends(IsolationLevel.READ_UNCOMMITTED)
    return {
        f"{place.topic}/{place.partition}": (end, written[place])
        for place, end in stable.items()
        if end != written[place]
    }
