"""Publish submissions to turnlog, one JSON object a line: python publish.py [FILE]"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

SERVERS = os.environ.get("TURNLOG_KAFKA", "127.0.0.1:9092")
TOPIC = os.environ.get("TURNLOG_TURNS_TOPIC", "turns")
NO_KEY = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What is no object with both ids as text."""


def key_of(line: bytes) -> bytes:
    """org_id/user_id: what belongs together stays in order."""
    fields = json.loads(line)
    ids = (fields["org_id"], fields["user_id"])
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in ids).encode()


async def publish(lines: BinaryIO) -> int:
    sent = failed = 0

    def settle(number: int, error: BaseException | None) -> None:
        nonlocal failed
        if error:
            failed += 1
            print(f"line {number}: {error!r}", file=sys.stderr)

    async with AIOKafkaProducer(
        bootstrap_servers=SERVERS, acks="all", enable_idempotence=True, linger_ms=5, max_request_size=2 << 20
    ) as producer:
        while line := await asyncio.to_thread(lines.readline):
            sent += 1
            try:
                delivery = await producer.send(TOPIC, line.rstrip(b"\r\n"), key_of(line))
                delivery.add_done_callback(lambda done, number=sent: settle(number, done.exception()))
            except (KafkaError, *NO_KEY) as error:
                settle(sent, error)
        await producer.flush()
    print(f"{sent - failed} of {sent} records acknowledged", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") if sys.argv[1:] else sys.stdin.buffer as file:
        sys.exit(asyncio.run(publish(file)))
