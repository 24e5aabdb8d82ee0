"""Topics on the real broker: made once, verified after that, refused when they differ."""

import asyncio

import pytest

from schemas.topics import registry
from streams.adapters.kafka import KafkaAdmin, TopicPlan
from streams.admin.topics import (
    FoundTopic,
    alter_topics,
    compare,
    ensure_topics,
    find_record_limit,
    find_topics,
    verify_topics,
)
from streams.errors import ConfigurationError
from streams.local.kafka import LocalKafka
from streams.settings import Settings

pytestmark = pytest.mark.kafka


def settings_for(kafka: LocalKafka, generation: int, turns: str = "turns-topics") -> Settings:
    return Settings(kafka=kafka.address, partitions=3, generation=generation, turns_topic=turns)


async def test_topics_are_made_once_and_verified_after_that(kafka: LocalKafka) -> None:
    settings = settings_for(kafka, 101)
    async with KafkaAdmin(kafka.address) as admin:
        first, second = await ensure_topics(admin, settings), await ensure_topics(admin, settings)
        names = {topic.name for topic in registry(101, "turns-topics")}
        assert "facts.g101" in first.created
        assert (second.created, set(second.verified)) == ((), names)
        assert set(await verify_topics(admin, settings)) == names
        found = await find_topics(admin, registry(101, "turns-topics"))
    assert {topic.partitions for topic in found.values()} == {3}
    assert found["conversations"].config["message.timestamp.type"] == "LogAppendTime"
    assert found["turnlog-window.g101-changelog"].config["cleanup.policy"] == "compact"


async def test_missing_topics_are_told_with_the_way_out(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        with pytest.raises(
            ConfigurationError, match=r"nowhere is missing\. Run: TURNLOG_GENERATION=102 turnlog topics"
        ):
            await verify_topics(admin, settings_for(kafka, 102, turns="nowhere"))
        with pytest.raises(ConfigurationError, match="nowhere is missing"):
            await find_record_limit(admin, "nowhere")


async def test_a_topic_with_another_policy_is_refused_and_nothing_is_made(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        config = {"cleanup.policy": "compact", "max.message.bytes": "1000000"}
        await admin.create([TopicPlan("facts.g103", 3, 1, config)])
        with pytest.raises(ConfigurationError) as refused:
            await ensure_topics(admin, settings_for(kafka, 103))
        assert "jobs.g103" not in await admin.partitions()
    told = str(refused.value).splitlines()
    way_out = "Run: turnlog topics ensure --alter, or kafka-configs.sh"
    assert told[0].startswith(f"facts.g103: cleanup.policy is compact, must be delete. {way_out}")
    assert f"--bootstrap-server {kafka.address} --alter --entity-type topics --entity-name facts.g103" in told[0]
    assert told[1].startswith("facts.g103: max.message.bytes is 1000000, must be 4194304.")


async def test_what_differs_is_set_right_on_request_and_nothing_else_is_touched(kafka: LocalKafka) -> None:
    settings = settings_for(kafka, 105)
    async with KafkaAdmin(kafka.address) as admin:
        own = {"cleanup.policy": "compact", "segment.bytes": "12345678"}
        await admin.create([TopicPlan("facts.g105", 3, 1, own), TopicPlan("jobs.g105", 2, 1, {})])
        changed = {(difference.topic, difference.what) for difference in await alter_topics(admin, settings)}
        assert {("facts.g105", "cleanup.policy"), ("facts.g105", "max.message.bytes")} <= changed
        assert ("jobs.g105", "partitions") not in changed
        async with asyncio.timeout(30):  # a broker takes a moment to show what its controller has changed
            while (configs := await admin.configs(["facts.g105"]))["facts.g105"]["cleanup.policy"] != "delete":
                await asyncio.sleep(0.1)
        assert configs["facts.g105"]["segment.bytes"] == "12345678"
        assert await alter_topics(admin, settings) == ()
        with pytest.raises(ConfigurationError, match=r"^jobs\.g105: partitions is 2, must be 3"):
            await ensure_topics(admin, settings)


async def test_of_the_publishers_topic_only_the_partitions_count(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        await admin.create(
            [TopicPlan("turns-theirs", 3, 1, {"retention.ms": "1000"}), TopicPlan("turns-few", 2, 1, {})]
        )
        await ensure_topics(admin, settings_for(kafka, 104, turns="turns-theirs"))
        assert (await admin.configs(["turns-theirs"]))["turns-theirs"]["retention.ms"] == "1000"
        with pytest.raises(ConfigurationError, match=r"turns-few: partitions is 2, must be 3\..*TURNLOG_PARTITIONS=2"):
            await ensure_topics(admin, settings_for(kafka, 104, turns="turns-few"))


async def test_a_topic_made_meanwhile_by_somebody_else_does_no_harm(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        plan = TopicPlan("made-twice", 1, 1, {})
        await admin.create([plan])
        await admin.create([plan])
        assert (await admin.partitions())["made-twice"] == 1


def test_the_order_of_policies_is_no_difference() -> None:
    (topic,) = [topic for topic in registry(1) if topic.name == "facts.g1"]
    config = {**topic.config, "cleanup.policy": "delete", "min.insync.replicas": "1"}
    assert compare(topic, {"facts.g1": FoundTopic(8, config)}, Settings()) == []


def test_a_cluster_must_keep_as_many_copies_in_step_as_one_absent_broker_leaves() -> None:
    (topic,) = [topic for topic in registry(1) if topic.name == "facts.g1"]
    found = {"facts.g1": FoundTopic(8, {**topic.config, "min.insync.replicas": "1"})}
    (difference,) = compare(topic, found, Settings(replication=3))
    assert (difference.what, difference.found, difference.wanted) == ("min.insync.replicas", "1", "2")
