"""The broker starts, stops, comes back after a kill with all it acknowledged, and is alone in its folder."""

import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from streams.errors import LocalModeError
from streams.local.kafka import LocalKafka
from streams.local.kafka_ready import is_ready, names_broker_and_controller
from streams.local.kafka_settings import render_properties
from streams.local.ports import find_free_ports


def create_topic(kafka: LocalKafka, name: str, config: dict[str, str] | None = None) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.address})
    for done in admin.create_topics([NewTopic(name, 1, 1, config=config or {})]).values():
        done.result(20)


def write(kafka: LocalKafka, topic: str, values: list[bytes], *, transaction: bool = False) -> None:
    settings = {"bootstrap.servers": kafka.address, "message.max.bytes": 8 << 20}
    producer = Producer(settings | ({"transactional.id": "writer"} if transaction else {"acks": "all"}))
    if transaction:
        producer.init_transactions(20)
        producer.begin_transaction()
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0
    if transaction:
        producer.commit_transaction(20)


def read(kafka: LocalKafka, topic: str, count: int) -> list[bytes | None]:
    settings = {"bootstrap.servers": kafka.address, "group.id": "reader", "isolation.level": "read_committed"}
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[bytes | None] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        record = consumer.poll(0.5)
        if record is not None and record.error() is None:
            found.append(record.value())
    consumer.close()
    return found


@pytest.mark.kafka
@pytest.mark.kills
def test_records_and_ports_are_kept_over_stops_and_kills(tmp_path: Path) -> None:
    with LocalKafka(tmp_path) as kafka:
        address = kafka.address
        create_topic(kafka, "kept")
        write(kafka, "kept", [b"1", b"2"])
        kafka.stop()
        assert not kafka.alive()
        kafka.start()
        assert kafka.address == address
        write(kafka, "kept", [b"3"], transaction=True)
        kafka.kill()
        begun = time.monotonic()
        kafka.start()
        assert time.monotonic() - begun < 20
        assert kafka.address == address
        write(kafka, "kept", [b"4"], transaction=True)
        assert read(kafka, "kept", 4) == [b"1", b"2", b"3", b"4"]


@pytest.mark.kafka
def test_a_second_broker_on_the_folder_is_refused(kafka: LocalKafka) -> None:
    with pytest.raises(LocalModeError, match="already in use by process"):
        LocalKafka(kafka.data).start()
    assert kafka.ready()


@pytest.mark.kafka
def test_a_taken_port_is_a_clear_error(kafka: LocalKafka, tmp_path: Path) -> None:
    with pytest.raises(LocalModeError, match=f"port {kafka.port} on 127.0.0.1 is taken"):
        LocalKafka(tmp_path, port=kafka.port).start()


@pytest.mark.kafka
def test_a_topic_may_allow_records_of_four_mebibytes(kafka: LocalKafka) -> None:
    create_topic(kafka, "local-large", {"max.message.bytes": str(5 << 20)})
    large = b"x" * (4 << 20)
    write(kafka, "local-large", [large])
    assert read(kafka, "local-large", 1) == [large]


@pytest.mark.kafka
def test_records_are_kept_unless_a_topic_says_otherwise(kafka: LocalKafka) -> None:
    create_topic(kafka, "local-forever")
    create_topic(kafka, "local-an-hour", {"retention.ms": "3600000"})
    admin = AdminClient({"bootstrap.servers": kafka.address})
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in ("local-forever", "local-an-hour")]
    answers = admin.describe_configs(asked)
    assert [answers[topic].result(20)["retention.ms"].value for topic in asked] == ["-1", "3600000"]


@pytest.mark.kafka
def test_settings_that_the_broker_refuses_show_its_log(tmp_path: Path) -> None:
    with pytest.raises(LocalModeError, match=r"num\.io\.threads"):
        LocalKafka(tmp_path, properties={"num.io.threads": "-1"}).start()


def test_nothing_is_ready_where_nobody_listens() -> None:
    (port,) = find_free_ports(1)
    assert not is_ready(port)


def test_readiness_needs_a_broker_and_a_controller() -> None:
    broker = b"\0\0\0\1" + b"\0\x09127.0.0.1" + b"\0\0\x4e\x20" + b"\xff\xff"
    assert names_broker_and_controller(b"\0\0\0\1" + broker + b"\0\0\0\1")
    assert not names_broker_and_controller(b"\0\0\0\1" + broker + b"\xff\xff\xff\xff")
    assert not names_broker_and_controller(b"\0\0\0\0" + b"\0\0\0\1")


def test_the_broker_listens_on_the_loopback_interface_only() -> None:
    text = render_properties(port=1, controller_port=2, changes={"num.partitions": "3"})
    lines = dict(line.split("=", 1) for line in text.splitlines())
    assert lines["listeners"] == "PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2"
    assert lines["num.partitions"] == "3"
    assert lines["transaction.abort.timed.out.transaction.cleanup.interval.ms"] == "2000"
