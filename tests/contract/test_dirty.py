"""Hostile and odd records: each a turn or a dead letter, and what must not come out does not."""

from datetime import UTC, datetime
from unicodedata import normalize

import orjson
import pytest

from tests.contract import dirty, secret_places
from tests.contract.case import Case
from tests.contract.conftest import Told
from tests.contract.sample import VARIABLE, Sample, read_sample
from tests.contract.stack import Place, value_of
from tests.contract.test_contract import check

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]
MAY_HOLD_SECRETS = ("turns", "dead-letters")
"""The publishers' topic, and the original bytes of what was refused."""
SAMPLE = read_sample()
SECRETS = (*secret_places.FORBIDDEN, *(text for one in SAMPLE if one.group == "secret" for text in one.forbidden))


@pytest.fixture(scope="module")
def topics(told: Told) -> dict[str, list[bytes]]:
    return told.stack.read_topics()


@pytest.mark.parametrize("case", dirty.CASES, ids=lambda case: case.name[:60])
def test_odd_records_are_stored_as_they_are_or_refused(case: Case, told: Told) -> None:
    check(case, told)


@pytest.mark.parametrize("case", secret_places.CASES, ids=lambda case: case.name[:60])
def test_secrets_are_replaced_and_counted(case: Case, told: Told) -> None:
    check(case, told)


def test_there_are_enough_odd_records() -> None:
    assert len(dirty.CASES) >= 60


def test_no_secret_is_in_a_topic_behind_turns(topics: dict[str, list[bytes]]) -> None:
    behind = {topic: pieces for topic, pieces in topics.items() if topic not in MAY_HOLD_SECRETS}
    assert {"conversations", "extractions", "results", "facts.g1", "jobs.g1", "ingest-rekeyed"} <= behind.keys()
    assert sum(topic.endswith("-changelog") for topic in behind) == 4
    assert all(behind[topic] for topic in ("conversations", "ingest-rekeyed", "turnlog-ingest-changelog"))
    assert find_any(SECRETS, behind) == []
    whole = b"\0".join(topics["turns"])
    assert all(secret in whole for secret in secret_places.FORBIDDEN if not secret.startswith(b"TUlJ"))


def test_what_dead_letters_say_of_themselves_holds_no_secret(told: Told) -> None:
    letters = told.stack.query("SELECT * EXCEPT (value, key, headers) FROM turnlog.dead_letters")
    assert len(letters) > 100
    assert find_any(SECRETS, {"dead_letters": [repr(letter).encode() for letter in letters]}) == []


def test_no_secret_is_in_a_log(told: Told) -> None:
    logs = told.stack.read_logs()
    assert {"ingest.log", "sink.log", "kafka.log", "clickhouse.log"} <= logs.keys()
    forbidden = (*SECRETS, dirty.CANARY.encode(), *(text for one in SAMPLE for text in one.forbidden))
    assert find_any(forbidden, {name: [log] for name, log in logs.items()}) == []


def test_no_secret_is_in_a_metric_and_what_was_replaced_is_counted(told: Told) -> None:
    metrics = told.stack.read_metrics()
    assert b'kind="stripe_key"' in metrics
    assert b'code="POLICY_DENY"' in metrics
    assert find_any((*SECRETS, dirty.CANARY.encode()), {"metrics": [metrics]}) == []


def test_no_secret_is_in_a_view_or_table(told: Told) -> None:
    stack = told.stack
    tables = stack.query(
        "SELECT database, name FROM system.tables WHERE database IN ('turnlog', 'turnlog_data')"
        " AND name != 'dead_letters' AND create_table_query NOT LIKE '%{%:%}%'"
    )
    assert len(tables) > 15
    rows = {
        f"{table['database']}.{table['name']}": [
            repr(row).encode() for row in stack.query(f"SELECT * FROM {table['database']}.{table['name']}")
        ]
        for table in tables
    }
    assert find_any(SECRETS, rows) == []


def test_no_order_to_the_extractor_is_a_fact(told: Told) -> None:
    facts = told.stack.query("SELECT * FROM turnlog.facts")
    assert len(facts) > 100
    forbidden = (dirty.CANARY.encode(), *(text for one in SAMPLE for text in one.forbidden))
    assert find_any(forbidden, {"facts": [repr(fact).encode() for fact in facts]}) == []


@pytest.mark.skipif(not SAMPLE, reason=f"{VARIABLE} names no file")
@pytest.mark.parametrize("message", SAMPLE, ids=lambda message: f"{message.id} {message.name}"[:60])
def test_a_message_of_the_sample_ends_as_expected(message: Sample, told: Told, sample: list[Sample]) -> None:
    by_id = {other.id: other for other in sample}
    place = told.stack.places[id(by_id[message.id].sent)]
    assert became(told, place, message) in (message.expect.partition(":")[0], *message.others)
    if rows_at(told, "submissions", place):
        check_turn(told, message)
    if message.expect.startswith("duplicate_of:"):
        (first,) = rows_at(told, "submissions", told.stack.places[id(by_id[message.expect.partition(":")[2]].sent)])
        (again,) = rows_at(told, "submissions", place)
        assert (again["org_id"], again["user_id"], again["session_id"]) == (
            first["org_id"], first["user_id"], first["session_id"],
        )  # fmt: skip


def check_turn(told: Told, message: Sample) -> None:
    """Stored letter for letter unless a secret was replaced, at the very instant that was sent."""
    sent = orjson.loads(message.sent.value or b"")
    (said,) = sent["turns"]
    where = {"org": sent["org_id"], "user": sent["user_id"], "session": sent["session_id"], "event": said["event_id"]}
    (stored,) = told.stack.query(
        "SELECT text, said_at, time_is_arrival FROM turnlog.turns"
        " WHERE org_id = {org:String} AND user_id = {user:String}"
        " AND session_id = {session:String} AND event_id = {event:String}",
        **where,
    )
    is_redacted = message.group == "secret"
    assert normalize("NFC", stored["text"]) == normalize("NFC", said["text"]) or is_redacted
    assert ("[REDACTED:" in stored["text"]) == is_redacted
    time = said.get("timestamp")
    assert stored["time_is_arrival"] == (time is None)
    if time is not None:
        moment = datetime.fromisoformat(time) if isinstance(time, str) else datetime.fromtimestamp(time, UTC)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        assert datetime.fromisoformat(stored["said_at"]).replace(tzinfo=UTC) == moment


def became(told: Told, place: Place, message: Sample) -> str:
    """accept, reject or duplicate_of: what the views say of the record at this place."""
    letters, accepted = rows_at(told, "dead_letters", place), rows_at(told, "submissions", place)
    assert len(letters) + len(accepted) == 1, (letters, accepted)
    if letters:
        (whole,) = told.answers.at(place)
        assert value_of(whole) == (message.sent.value or b"")
        return "reject"
    return "accept" if accepted[0]["turns_stored"] else "duplicate_of"


def rows_at(told: Told, view: str, place: Place) -> list[dict[str, object]]:
    where = f"source_partition = {place.partition} AND source_offset = {place.offset}"
    return told.stack.query(f"SELECT * EXCEPT (headers) FROM turnlog.{view} WHERE {where}")


def find_any(forbidden: tuple[bytes, ...], places: dict[str, list[bytes]]) -> list[tuple[str, bytes, bytes]]:
    """Where one of them stands, as it is or as JSON or Python write it; with the piece that holds it."""
    wanted = {form for text in forbidden for form in (text, text.replace(b"\n", b"\\n"))}
    found = []
    for place, pieces in places.items():
        whole = b"\0".join(pieces)
        here = [text for text in wanted if text in whole]
        found += [(place, text, piece) for piece in pieces for text in here if text in piece]
    return found
