"""The settings of a broker that is alone on one machine: quick to start, quick to come back, nothing ever aged out."""

from collections.abc import Mapping

from streams.local.ports import LOOPBACK

JVM_OPTIONS = (
    "-Xms64m",
    "-Xmx512m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)

LARGEST_BATCH = 8 << 20  # a record of 4 MiB, and company

LOG_FOLDER = "log"

PROPERTIES: Mapping[str, str | int] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": LOG_FOLDER,  # relative to the working directory, so that no path needs quoting
    # topics are made by us, with their own partitions, retention and limits
    "auto.create.topics.enable": "false",
    "num.partitions": 8,
    "log.retention.ms": -1,
    "message.max.bytes": LARGEST_BATCH,
    "replica.fetch.max.bytes": LARGEST_BATCH,
    # one node: one copy
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    # a stack that was off for years goes on where it stopped
    "offsets.retention.minutes": 10 * 365 * 24 * 60,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    # after kill -9 a broker waits for its own old session to end; with 1 s a busy machine made it fence itself
    "broker.heartbeat.interval.ms": 500,
    "broker.session.timeout.ms": 3000,
    # what a killed worker left open holds up its readers until the broker looks
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 2000,
    # small
    "log.segment.bytes": 128 << 20,
    "log.index.size.max.bytes": 2 << 20,
    "log.cleaner.dedupe.buffer.size": 8 << 20,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "background.threads": 2,
    "group.coordinator.threads": 1,
    "share.coordinator.threads": 1,
}


def render_properties(*, port: int, controller_port: int, changes: Mapping[str, str]) -> str:
    """The broker's configuration file. Both listeners are on the loopback interface; `changes` win."""
    broker, controller = f"{LOOPBACK}:{port}", f"{LOOPBACK}:{controller_port}"
    properties = {
        **PROPERTIES,
        "controller.quorum.voters": f"1@{controller}",
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        **changes,
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())
