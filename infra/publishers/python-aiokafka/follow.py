"""Print new facts as they are learnt: python follow.py [TOPIC]

Without a topic it asks ClickHouse for that of the live generation. Begins with the first fact, and goes on where it
stopped if TURNLOG_FOLLOW_GROUP names a consumer group.
"""

import asyncio
import json
import os
import sys
import urllib.request
from contextlib import suppress

from aiokafka import AIOKafkaConsumer

SERVERS = os.environ.get("TURNLOG_KAFKA", "127.0.0.1:9092")
CLICKHOUSE = os.environ.get("TURNLOG_CLICKHOUSE", "http://127.0.0.1:8123")
USER = os.environ.get("TURNLOG_CLICKHOUSE_USER", "default")
PASSWORD = os.environ.get("TURNLOG_CLICKHOUSE_PASSWORD", "")


def live_topic() -> str:
    question = b"SELECT facts_topic FROM turnlog.generations WHERE live"
    headers = {"X-ClickHouse-User": USER, "X-ClickHouse-Key": PASSWORD}
    with urllib.request.urlopen(urllib.request.Request(CLICKHOUSE, question, headers)) as answer:
        topic: str = answer.read().decode().strip()
    return topic


async def follow(topic: str) -> None:
    group = os.environ.get("TURNLOG_FOLLOW_GROUP")
    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=SERVERS,
        # turnlog writes in transactions, and a killed worker's last one is given up and done again. aiokafka and Java
        # would show both unless told otherwise.
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        group_id=group,
    ) as consumer:
        async for record in consumer:
            event = json.loads(record.value)
            # after a crash of this program an event may come again: (fact_id, revision) is the same event
            if event["event"] == "FactRecorded" and event["change"] == "created":
                about = f"{event['org_id']}/{event['user_id']}"
                print(
                    json.dumps({"scope": about, "fact_id": event["fact_id"], "content": event["content"]}), flush=True
                )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(follow(sys.argv[1] if sys.argv[1:] else live_topic()))
