"""Publishing to the real broker, and asking it about offsets."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.adapters.kafka import KafkaAdmin, Place, TopicPlan
from streams.adapters.kafka_publisher import Publisher
from streams.errors import TransientError
from streams.ids import scope_key
from streams.local.kafka import LocalKafka
from streams.partitioning import partition_of
from streams.ports import Output
from streams.publish.entry import Entry
from streams.publish.publish import Published, publish

pytestmark = pytest.mark.kafka


async def make(admin: KafkaAdmin, topic: str, partitions: int = 4) -> None:
    await admin.create([TopicPlan(topic, partitions, 1, {})])


async def test_every_record_is_acknowledged_and_lies_where_murmur2_says(kafka: LocalKafka) -> None:
    keys = [scope_key("acme", f"user {number}/é") for number in range(200)]
    published = Published()
    async with KafkaAdmin(kafka.address) as admin, Publisher(kafka.address, max_record=1 << 20, in_flight=16) as sender:
        await make(admin, "placed")
        await publish((Entry(1, key, b"x") for key in keys), sender, "placed", published)
        ends = await admin.ends(Place("placed", number) for number in range(4))
    wanted = [partition_of(key, 4) for key in keys]
    assert (published.complete, published.acknowledged) == (True, 200)
    assert {place.partition: end for place, end in ends.items()} == {n: wanted.count(n) for n in range(4)}


async def test_a_record_too_large_is_told_and_the_others_arrive(kafka: LocalKafka) -> None:
    published = Published()
    entries = [Entry(1, b"k", b"x"), Entry(2, b"k", b"x" * (1 << 20)), Entry(3, b"k", b"x")]
    async with KafkaAdmin(kafka.address) as admin, Publisher(kafka.address, max_record=1 << 20) as sender:
        await make(admin, "sizes", 1)
        await publish(entries, sender, "sizes", published)
        assert await admin.ends([Place("sizes", 0)]) == {Place("sizes", 0): 2}
    assert (published.acknowledged, [failure.line for failure in published.failures]) == (2, [2])


async def test_records_keep_their_order_while_the_broker_restarts(tmp_path_factory: pytest.TempPathFactory) -> None:
    with LocalKafka(tmp_path_factory.mktemp("restarted")) as broker:
        async with KafkaAdmin(broker.address) as admin:
            await make(admin, "restarted", 2)
        published = Published()
        async with Publisher(broker.address, max_record=1 << 20, in_flight=50) as sender:
            entries = [Entry(n, b"%d" % (n % 7), b"%d" % n) for n in range(600)]
            sending = asyncio.create_task(publish(entries, sender, "restarted", published, rate=300))
            await asyncio.sleep(0.7)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await sending
        assert published.complete
        async with KafkaAdmin(broker.address) as admin:
            values = [await read_all(broker, Place("restarted", number), admin) for number in range(2)]
    assert sorted(n for numbers in values for n in numbers) == list(range(600))
    assert all(numbers == sorted(numbers) for numbers in values)


async def read_all(broker: LocalKafka, place: Place, admin: KafkaAdmin) -> list[int]:
    end = (await admin.ends([place]))[place]
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.address)
    consumer.assign([TopicPartition(*place)])
    await consumer.start()
    try:
        consumer.seek(TopicPartition(*place), 0)
        return [int((await consumer.getone()).value) for _ in range(end)]
    finally:
        await consumer.stop()


async def end_once_decided(admin: KafkaAdmin, place: Place, wanted: int) -> int:
    """The end, when it is the wanted one or after ten seconds: markers are written after the commit is answered."""
    for _ in range(200):
        if (end := (await admin.ends([place]))[place]) == wanted:
            break
        await asyncio.sleep(0.05)
    return end


async def test_a_span_of_markers_holds_no_record(kafka: LocalKafka) -> None:
    place = Place("marked", 0)
    async with KafkaAdmin(kafka.address) as admin:
        await make(admin, "marked", 1)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.address, transactional_id="marker")
        await producer.start()
        async with producer.transaction():
            await producer.send_and_wait("marked", b"x")
        await producer.begin_transaction()
        await producer.send_and_wait("marked", b"aborted")
        await producer.abort_transaction()
        await producer.stop()
        end = await end_once_decided(admin, place, 4)
        assert end == 4
        assert await admin.hold_records({place: (0, end)}) == {place}
        assert await admin.hold_records({place: (1, end)}) == set()


async def test_an_open_transaction_hides_what_is_behind_it(kafka: LocalKafka) -> None:
    place = Place("opened", 0)
    async with KafkaAdmin(kafka.address) as admin:
        await make(admin, "opened", 1)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.address, transactional_id="opener")
        await producer.start()
        await producer.begin_transaction()
        await producer.send_and_wait("opened", b"x")
        assert await admin.ends([place]) == {place: 0}
        await producer.commit_transaction()
        await producer.stop()
        assert await end_once_decided(admin, place, 2) == 2


async def test_a_group_that_was_never_there_has_neither_offsets_nor_members(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        assert await admin.committed("nobody") == {}
        assert await admin.members("nobody") == 0


async def test_the_members_of_a_group_are_counted(kafka: LocalKafka) -> None:
    async with KafkaAdmin(kafka.address) as admin:
        await make(admin, "joined", 2)
        consumers = [AIOKafkaConsumer("joined", bootstrap_servers=kafka.address, group_id="two") for _ in range(2)]
        for consumer in consumers:
            await consumer.start()
        try:
            assert await admin.members("two") == 2
        finally:
            for consumer in consumers:
                await consumer.stop()


async def test_a_broker_that_is_not_there_is_a_transient_error() -> None:
    with pytest.raises(TransientError, match=r"Kafka does not answer at 127\.0\.0\.1:1"):
        async with KafkaAdmin("127.0.0.1:1"):
            pass
    with pytest.raises(TransientError, match="does not answer"):
        async with Publisher("127.0.0.1:1", max_record=1 << 20) as sender:
            await sender.send(Output("t", b"k", b"v"), lambda reason: None)
