"""What people write in their own language arrives once, whatever their client does.

With more turns, and with every client required:
TURNLOG_PUBLISHERS=all TURNLOG_PUBLISHED_TURNS=10000 pytest tests/publishers -s
"""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.ids import scope_key
from streams.partitioning import partition_of
from tests.integration.local import TURNLOG
from tests.publishers.clients import CLIENTS, FOLDER, Client, prepare
from tests.publishers.conftest import Running
from tests.publishers.workload import Sent, awkward, keys, workload

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(1500)]
TURNS = int(os.environ.get("TURNLOG_PUBLISHED_TURNS", "200"))
PARTITIONS = 8


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.folder)
def test_every_turn_arrives_once_and_what_was_sent_again_is_counted(
    client: Client, running: Running, tmp_path: Path
) -> None:
    place = prepare(client, tmp_path)
    org_id = f"publisher-{client.folder}"
    sent = workload(org_id, TURNS)
    before = count_records(running)
    for _ in range(2):
        published = run(client, place, b"".join(record.line + b"\n" for record in sent), running)
        assert published.returncode == 0, published.stderr
        assert f"{len(sent)} records" in published.stderr.decode()
    assert count_records(running) - before == 2 * len(sent)
    wait_for_rows(running, org_id, 2 * len(sent))
    check_turns(running, org_id, sent)
    check_submissions(running, org_id, sent, client)
    check_awkward(client, place, running)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_publisher_may_compress(codec: str, running: Running) -> None:
    org_id = f"compressed-{codec}"
    sent = workload(org_id, TURNS)
    about = {"bootstrap.servers": running.environment["TURNLOG_KAFKA"], "compression.codec": codec, "linger.ms": 50}
    producer = Producer(about)
    for record in sent:
        producer.produce("turns", record.line, scope_key(org_id, record.user))
    assert producer.flush(30) == 0
    wait_for_rows(running, org_id, len(sent))
    stored = running.ask("SELECT count() FROM turnlog.turns WHERE org_id = {org:String}", org=org_id)
    assert stored == [(TURNS,)]


def test_turnlog_publishes_what_it_is_piped(running: Running) -> None:
    sent = workload("piped", TURNS)
    lines = b"".join(record.line + b"\n" for record in sent)
    piped = subprocess.run(
        [*TURNLOG, "publish", "-", "--json"], input=lines, capture_output=True, env=dict(running.environment)
    )
    assert piped.returncode == 0, piped.stderr
    assert json.loads(piped.stdout)["acknowledged"] == len(sent)
    wait_for_rows(running, "piped", len(sent))
    check_turns(running, "piped", sent)


def check_awkward(client: Client, place: Path, running: Running) -> None:
    """What cannot be sent is told by its number, and nothing else is lost for it."""
    lines = awkward(f"awkward-{client.folder}")
    before = count_records(running)
    published = run(client, place, b"".join(line.content + b"\n" for line in lines), running)
    assert published.returncode == 1, published.stderr
    told = {int(number) for number in re.findall(rb"^lines? (\d+)\b(?! to)", published.stderr, re.MULTILINE)}
    assert told == {number for number, line in enumerate(lines, start=1) if line.bad}, published.stderr
    assert b"arge" in published.stderr
    good = sum(not line.bad for line in lines)
    assert count_records(running) - before == good, published.stderr
    assert f"{good} of ".encode() in published.stderr


def check_turns(running: Running, org_id: str, sent: list[Sent]) -> None:
    """Every turn is there once, letter for letter."""
    rows = running.ask("SELECT user_id, event_id, text FROM turnlog.turns WHERE org_id = {org:String}", org=org_id)
    said = {
        (record.user, turn["event_id"], turn["text"]) for record in sent for turn in json.loads(record.line)["turns"]
    }
    assert len(said) == TURNS
    assert sorted(rows) == sorted(said)


def check_submissions(running: Running, org_id: str, sent: list[Sent], client: Client) -> None:
    """Which records were accepted, came again, held known turns, and had to be moved to their partition."""
    first = [record for record in sent if not record.again]
    known = sum(record.known for record in first)
    moved = sum(client.partition_of(key, PARTITIONS) != partition_of(key, PARTITIONS) for key in keys(org_id, sent))
    rows = running.ask(
        "SELECT kind, count(), sum(turns_duplicate) FROM turnlog.submissions WHERE org_id = {org:String} GROUP BY kind"
        " ORDER BY kind",
        org=org_id,
    )
    assert rows == [("resubmission", 2 * len(sent) - len(first), 0), ("submission", len(first), known)]
    rekeyed = "SELECT countIf(rekeyed) FROM turnlog.submissions WHERE org_id = {org:String}"
    assert running.ask(rekeyed, org=org_id) == [(2 * moved,)]
    places = running.ask(
        "SELECT DISTINCT user_id, source_partition FROM turnlog.submissions WHERE org_id = {org:String}", org=org_id
    )
    assert sorted(places) == sorted(
        {(record.user, client.partition_of(scope_key(org_id, record.user), PARTITIONS)) for record in sent}
    )
    assert running.ask("SELECT count() FROM turnlog.dead_letters WHERE org_id = {org:String}", org=org_id) == [(0,)]
    print(f"\n{client.folder}: {2 * len(sent)} records, {len(first)} submissions, {2 * moved} records moved")


def run(client: Client, place: Path, lines: bytes, running: Running) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        client.run, cwd=place, input=lines, capture_output=True, env=dict(running.environment), timeout=300
    )


def count_records(running: Running) -> int:
    """On the publishers' topic."""
    consumer = Consumer({"bootstrap.servers": running.environment["TURNLOG_KAFKA"], "group.id": "ends"})
    try:
        return sum(consumer.get_watermark_offsets(TopicPartition("turns", n))[1] for n in range(PARTITIONS))
    finally:
        consumer.close()


def wait_for_rows(running: Running, org_id: str, number: int) -> None:
    query = "SELECT count() FROM turnlog.submissions WHERE org_id = {org:String}"
    deadline = time.monotonic() + 240
    while (found := running.ask(query, org=org_id)[0][0]) < number:
        assert time.monotonic() < deadline, f"{found} of {number} records arrived"
        time.sleep(0.2)


def test_no_example_names_the_registry_it_was_built_from() -> None:
    lock = json.loads((FOLDER / "node" / "package-lock.json").read_text())
    assert all("integrity" in about and "resolved" not in about for name, about in lock["packages"].items() if name)
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == {client.folder for client in CLIENTS}
