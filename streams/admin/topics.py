"""Make the topics of the registry, and refuse those that are not what they must be."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.topics import Topic, registry
from streams.adapters.kafka import KafkaAdmin, TopicPlan
from streams.errors import ConfigurationError
from streams.settings import Settings

PARTITIONS = "partitions"


class FoundTopic(NamedTuple):
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]


class Difference(NamedTuple):
    """One thing that is not as it must be. `found` is None where the topic is missing."""

    topic: str
    what: str
    found: str | None
    wanted: str
    way_out: str

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.topic} is missing. {self.way_out}"
        return f"{self.topic}: {self.what} is {self.found}, must be {self.wanted}. {self.way_out}"


class Ensured(NamedTuple):
    """What `ensure_topics` did, in flow order."""

    created: tuple[str, ...]
    verified: tuple[str, ...]


async def ensure_topics(kafka: KafkaAdmin, settings: Settings) -> Ensured:
    """Create what is missing, verify the rest. Nothing that exists is changed.

    Raises ConfigurationError, before anything is created, when a topic differs.
    """
    wanted = registry(settings.generation, settings.turns_topic)
    found = await find_topics(kafka, wanted)
    refuse(difference for topic in wanted if topic.name in found for difference in compare(topic, found, settings))
    missing = [topic for topic in wanted if topic.name not in found]
    if missing:
        await kafka.create([plan(topic, settings) for topic in missing])
    created = tuple(topic.name for topic in missing)
    return Ensured(created, tuple(topic.name for topic in wanted if topic.name not in created))


async def alter_topics(kafka: KafkaAdmin, settings: Settings) -> tuple[Difference, ...]:
    """Set the settings that differ to what they must be; what was changed. Partitions are never touched."""
    wanted = registry(settings.generation, settings.turns_topic)
    found = await find_topics(kafka, wanted)
    differing = [d for topic in wanted if topic.name in found for d in compare(topic, found, settings)]
    changed = tuple(difference for difference in differing if difference.what != PARTITIONS)
    for name in dict.fromkeys(difference.topic for difference in changed):
        await kafka.alter(name, {d.what: d.wanted for d in changed if d.topic == name})
    return changed


async def verify_topics(kafka: KafkaAdmin, settings: Settings) -> tuple[str, ...]:
    """The names of all topics. Raises ConfigurationError when one is missing or differs."""
    wanted = registry(settings.generation, settings.turns_topic)
    found = await find_topics(kafka, wanted)
    refuse(difference for topic in wanted for difference in compare(topic, found, settings))
    return tuple(topic.name for topic in wanted)


async def find_record_limit(kafka: KafkaAdmin, topic: str) -> int:
    """Bytes of the largest record that a topic takes. Raises ConfigurationError when it is missing."""
    if topic not in await kafka.partitions():
        raise ConfigurationError(f"topic {topic} is missing. Run: turnlog topics ensure")
    return int((await kafka.configs([topic]))[topic]["max.message.bytes"])


async def find_topics(kafka: KafkaAdmin, wanted: Iterable[Topic]) -> dict[str, FoundTopic]:
    """Those of the wanted topics that exist."""
    partitions = await kafka.partitions()
    names = [topic.name for topic in wanted if topic.name in partitions]
    configs = await kafka.configs(names) if names else {}
    return {name: FoundTopic(partitions[name], configs[name]) for name in names}


def compare(topic: Topic, found: Mapping[str, FoundTopic], settings: Settings) -> list[Difference]:
    """What is not as it must be. Of the publishers' topic only the partitions count."""
    if topic.name not in found:
        return [Difference(topic.name, "topic", None, "there", f"Run: {_command(settings)}")]
    actual = found[topic.name]
    differences = []
    if actual.partitions != settings.partitions:
        differences.append(_of_partitions(topic, actual.partitions, settings.partitions))
    if topic.ours:
        differences += [
            Difference(topic.name, name, found_value, value, _alter(topic, name, value, settings))
            for name, value in wanted_config(topic, settings).items()
            if _parts(found_value := actual.config.get(name, "not set")) != _parts(value)
        ]
    return differences


def plan(topic: Topic, settings: Settings) -> TopicPlan:
    """The topic as it is to be created."""
    return TopicPlan(topic.name, settings.partitions, settings.replication, wanted_config(topic, settings))


def wanted_config(topic: Topic, settings: Settings) -> dict[str, str]:
    """The registry's, and as many copies in step as leave room for one broker to be away."""
    return {**topic.config, "min.insync.replicas": str(max(1, settings.replication - 1))}


def refuse(differences: Iterable[Difference]) -> None:
    """Raises ConfigurationError telling every difference, if there is one."""
    told = [str(difference) for difference in differences]
    if told:
        raise ConfigurationError("\n".join(told))


def _command(settings: Settings) -> str:
    """What makes the topics of this generation."""
    named = f"TURNLOG_GENERATION={settings.generation} " if settings.generation != 1 else ""
    return f"{named}turnlog topics ensure"


def _of_partitions(topic: Topic, found: int, wanted: int) -> Difference:
    owner = "TURNLOG_TURNS_TOPIC can name another one, or " if not topic.ours else ""
    way_out = (
        f"Partitions are never changed in place, because keys would move: {owner}set TURNLOG_PARTITIONS={found} "
        "if no other topic of turnlog exists yet"
    )
    return Difference(topic.name, PARTITIONS, str(found), str(wanted), way_out)


def _alter(topic: Topic, name: str, value: str, settings: Settings) -> str:
    return (
        "Run: turnlog topics ensure --alter, or "
        f"kafka-configs.sh --bootstrap-server {settings.kafka} --alter --entity-type topics "
        f"--entity-name {topic.name} --add-config {name}={value}"
    )


def _parts(value: str) -> set[str]:
    """`compact,delete` and `delete,compact` are the same policy."""
    return {part.strip() for part in value.split(",")}
