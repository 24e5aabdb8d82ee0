"""Hundreds of bad records between good ones, at once: each is refused once, and secrets stay where they were sent."""

import asyncio
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from streams.engine import batch_reading
from streams.ids import scope_key
from streams.partitioning import partition_of
from tests.contract.case import ORG, Sent
from tests.contract.conftest import Told
from tests.contract.poison import BAD, SECRET, USERS, Letter, mixed, secret
from tests.contract.settings import PARTITIONS, SETTINGS
from tests.contract.stack import Place, Stack
from tests.integration.local import Local
from tests.streams.engine import odd_headers

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]
ODD = b"\xff\xfe of no text"
NEEDLE = SECRET.encode()
batch_reading.install()  # what reads `turns` in this process meets such names too


class Poisoned(NamedTuple):
    """A stack after all of it was sent. `keeps`: whether dead letters keep what was sent."""

    stack: Stack
    sent: list[Letter]
    keeps: bool


@pytest.fixture(scope="module")
def no_bytes_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        http = "{}:{}".format(*free.getsockname())
    more = {"TURNLOG_HTTP": http, "TURNLOG_KEEP_DEAD_LETTER_BYTES": "false"}
    with Local(tmp_path_factory.mktemp("poison") / "state", **SETTINGS, **more) as local:
        yield Stack(local)


@pytest.fixture(scope="module", params=["bytes are kept", "bytes are not kept"])
def poisoned(request: pytest.FixtureRequest) -> Poisoned:
    keeps = request.param == "bytes are kept"
    told: Told | None = request.getfixturevalue("told") if keeps else None
    stack = told.stack if told else request.getfixturevalue("no_bytes_kept")
    sent = [*_publish_odd(stack), *mixed()]
    asyncio.run(stack.publish([(one.sent, one.key) for one in sent if id(one.sent) not in stack.places]))
    stack.wait_until([one.sent for one in sent], ended=True)
    return Poisoned(stack, sent, keeps)


def _publish_odd(stack: Stack) -> list[Letter]:
    """One bad and one good record, each with a header that no Python client can send, and most cannot read."""
    user = USERS[0]
    key, where = scope_key(ORG, user), partition_of(scope_key(ORG, user), PARTITIONS)
    turn = {"role": "user", "text": f"First, {secret()} !", "event_id": "0"}
    good = orjson.dumps({"org_id": ORG, "user_id": user, "session_id": "good", "turns": [turn]})
    bad = BAD[0]._replace(name="a header whose name is no text", value=b"{", code="MALFORMED", field=None)
    letters = [Letter(Sent(bad.value), key, user, bad), Letter(Sent(good), key, user, None, "0")]
    records: list[odd_headers.Record] = [(key, one.sent.value, [(ODD, secret().encode())]) for one in letters]
    first = asyncio.run(odd_headers.publish(stack.kafka, "turns", where, records))
    for place, one in enumerate(letters):
        stack.places[id(one.sent)] = Place(where, first + place)
    return letters


def test_there_are_enough_of_them() -> None:
    assert len(BAD) >= 200
    assert len({bad.name for bad in BAD}) == len(BAD)
    assert sum(NEEDLE in (bad.value or b"") for bad in BAD) > 200


def test_each_bad_one_is_one_dead_letter_with_its_reason_and_each_good_one_is_stored_once_in_order(
    poisoned: Poisoned,
) -> None:
    stack = poisoned.stack
    answers = stack.read()
    wrong = []
    for one in poisoned.sent:
        letters = [(row["code"], row["field"]) for row in answers.at(stack.places[id(one.sent)])]
        expected = [(one.bad.code, one.bad.field)] if one.bad else []
        if letters != expected:
            wrong.append((one.bad and one.bad.name, letters, expected))
    assert wrong == []
    rows = stack.query(
        f"SELECT user_id, event_id FROM turnlog.turns WHERE user_id LIKE 'poisoned%' AND org_id = '{ORG}'"
        " ORDER BY log_partition, log_offset"
    )
    for user in USERS:
        good = [one.event_id for one in poisoned.sent if one.user == user and one.event_id is not None]
        assert [row["event_id"] for row in rows if row["user_id"] == user] == good


def test_the_counts_add_up(poisoned: Poisoned) -> None:
    stack = poisoned.stack
    places = ", ".join(str((*stack.places[id(one.sent)],)) for one in poisoned.sent)
    here = f"(source_partition, source_offset) IN ({places})"
    kinds = stack.query(f"SELECT kind, count() AS n FROM turnlog.submissions WHERE {here} GROUP BY kind")
    letters = stack.query(f"SELECT code, count() AS n FROM turnlog.dead_letters WHERE {here} GROUP BY code")
    bad = Counter(one.bad.code for one in poisoned.sent if one.bad)
    good = sum(one.event_id is not None for one in poisoned.sent)
    assert {row["kind"]: row["n"] for row in kinds} == {"submission": good, "session_ended": len(USERS)}
    assert {row["code"]: row["n"] for row in letters} == bad
    assert good + len(USERS) + bad.total() == len(poisoned.sent)


def test_a_header_whose_name_is_no_text_stops_nobody_and_is_kept_as_it_can_be(poisoned: Poisoned) -> None:
    place = poisoned.stack.places[id(poisoned.sent[0].sent)]
    (letter,) = poisoned.stack.read().at(place)
    names = [name for name, _ in letter["headers"]]
    assert names == (["\\xff\\xfe of no text"] if poisoned.keeps else ["trace-id"])


def test_no_secret_is_in_any_record_behind_the_publishers_topic(poisoned: Poisoned) -> None:
    topics = poisoned.stack.read_topics()
    holding = {topic for topic, pieces in topics.items() if any(NEEDLE in piece for piece in pieces)}
    assert holding == ({"turns", "dead-letters"} if poisoned.keeps else {"turns"})
    assert {"conversations", "results", "facts.g1", "jobs.g1"} < topics.keys()


def test_no_secret_is_in_any_column_of_any_table(poisoned: Poisoned) -> None:
    stack = poisoned.stack
    tables = stack.query(
        "SELECT database, name FROM system.tables WHERE (database NOT IN ('system', 'INFORMATION_SCHEMA',"
        " 'information_schema') OR endsWith(name, '_log')) AND create_table_query NOT LIKE '%{%:%}%'"
    )
    assert len(tables) > 15
    holding = set()
    for table in tables:
        name = f"`{table['database']}`.`{table['name']}`"
        is_letters = table["name"] == "dead_letters" and poisoned.keeps
        columns = "* EXCEPT (value, key, headers)" if is_letters else "*"
        if any(NEEDLE in orjson.dumps(row) for row in stack.query(f"SELECT {columns} FROM {name}")):
            holding.add(name)
    assert holding == set()


def test_no_secret_is_in_any_file_but_the_segments_that_may_hold_it(poisoned: Poisoned) -> None:
    """Logs, settings, run files, Kafka's own topics: all that lies in the state folder, as bytes."""
    folder = Path(poisoned.stack.local.folder)
    holding = {path for path in folder.rglob("*") if _may_hold(path, poisoned.keeps) and _holds(path)}
    topics = {
        path.parent.name.rpartition("-")[0] for path in holding if path.suffix == ".log" and "-" in path.parent.name
    }
    assert topics == ({"turns", "dead-letters"} if poisoned.keeps else {"turns"})
    assert {path for path in holding if path.parent.name.rpartition("-")[0] not in topics} == set()


def _may_hold(path: Path, keeps: bool) -> bool:
    """Where the original bytes are kept they stand in the database too; which tables hold them was asked above."""
    is_kept = keeps and "clickhouse" in path.parts
    return path.suffix not in (".index", ".timeindex") and not is_kept


def _holds(path: Path) -> bool:
    with suppress(OSError):  # a folder, or merged away meanwhile
        return NEEDLE in path.read_bytes()
    return False


def test_no_secret_is_in_a_metric(poisoned: Poisoned) -> None:
    metrics = poisoned.stack.read_metrics()
    assert b'code="MALFORMED"' in metrics
    assert NEEDLE not in metrics
