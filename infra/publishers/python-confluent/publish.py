"""Publish submissions to turnlog, one JSON object a line: python publish.py [FILE]"""

import json
import os
import sys
from functools import partial
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException, Message, Producer

TOPIC = os.environ.get("TURNLOG_TURNS_TOPIC", "turns")
PRODUCER = Producer(
    {
        "bootstrap.servers": os.environ.get("TURNLOG_KAFKA", "127.0.0.1:9092"),
        "acks": "all",
        "enable.idempotence": True,
        "message.max.bytes": 2 << 20,
        # "partitioner": "murmur2_random",  # Java's; with librdkafka's own turnlog moves most records once more
    }
)
NO_KEY = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What is no object with both ids as text."""
failed = 0


def key_of(line: bytes) -> bytes:
    """org_id/user_id: what belongs together stays in order."""
    fields = json.loads(line)
    ids = (fields["org_id"], fields["user_id"])
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in ids).encode()


def settle(number: int, error: KafkaError | Exception | None, _: Message | None = None) -> None:
    global failed
    if error:
        failed += 1
        print(f"line {number}: {error!r}", file=sys.stderr)


def send(number: int, line: bytes) -> None:
    try:
        key = key_of(line)
        while True:
            try:
                PRODUCER.produce(TOPIC, line.rstrip(b"\r\n"), key, on_delivery=partial(settle, number))
                break
            except BufferError:  # the queue is full: wait for acknowledgements
                PRODUCER.poll(1)
    except KafkaException as error:
        settle(number, error.args[0])
    except NO_KEY as error:
        settle(number, error)
    PRODUCER.poll(0)


sent = 0
try:
    with Path(sys.argv[1]).open("rb") if sys.argv[1:] else sys.stdin.buffer as lines:
        for sent, line in enumerate(lines, start=1):
            send(sent, line)
finally:
    PRODUCER.flush()
    print(f"{sent - failed} of {sent} records acknowledged", file=sys.stderr)
sys.exit(1 if failed else 0)
