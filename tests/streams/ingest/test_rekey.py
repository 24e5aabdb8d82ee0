"""Records on the wrong partition move once, and remember where they came from."""

from streams.ids import Ids, scope_key
from streams.ingest.rekey import TOPIC, Origin, Places, Scope, origin_of, rekey
from streams.ingest.seal import Seal
from streams.partitioning import partition_of
from streams.ports import Record
from tests.streams.ingest.flow import NOON, Flow, submission, turn

PLACES = Places(Ids("a key for tests"), 8)
SEAL = Seal(Ids("a key for tests"))


def test_a_scope_is_read_where_its_ids_are_right_and_nowhere_else() -> None:
    scope = PLACES.scope_of({"org_id": "a/b", "user_id": "ü" * 256, "turns": 3})
    assert scope is not None
    assert scope.key == scope_key("a/b", "ü" * 256)
    assert scope.partition == partition_of(scope.key, 8)
    assert scope.digest == Ids("a key for tests").scope("a/b", "ü" * 256)
    for wrong in ({}, {"org_id": "a"}, {"org_id": "a", "user_id": ""}, {"org_id": 1, "user_id": "b"}):
        assert PLACES.scope_of(wrong) is None
    assert PLACES.scope_of({"org_id": "a", "user_id": "u" * 257}) is None


def test_a_moved_record_is_sealed_and_tells_where_it_first_lay() -> None:
    scope = PLACES.scope_of({"org_id": "acme", "user_id": "ann"})
    assert scope is not None
    for key in (None, b"", b"\xff\x00"):
        headers = (("trace-id", b"my trace"), ("trace-id", b""), ("raw", b"\xff"))
        sent = Record("turns", 3, 77, NOON, key, b'{"text":\n"my words"}\n', headers)
        moved = rekey(sent, scope, SEAL)
        assert (moved.topic, moved.key, moved.headers, moved.partition) == (TOPIC, b"acme/ann", (), scope.partition)
        assert moved.value is not None
        assert b"my" not in moved.value
        assert rekey(sent, scope, SEAL) == moved
        arrived = Record(TOPIC, scope.partition, 1, NOON + 9, moved.key, moved.value)
        assert origin_of(arrived, SEAL) == Origin("turns", 3, 77, NOON, key, list(headers), sent.value, rekeyed=True)


def test_a_record_in_its_place_is_its_own_origin() -> None:
    record = Record("turns", 3, 77, NOON, b"k", b"{}", (("trace-id", b"t"),))
    assert origin_of(record, SEAL) == Origin("turns", 3, 77, NOON, b"k", record.headers, b"{}", rekeyed=False)


def test_what_others_put_on_the_internal_topic_counts_as_sent_there() -> None:
    foreign = rekey(Record("turns", 3, 77, NOON, None, b"{}"), Scope("a", "b", b"a/b", b"", 0), Seal(Ids("other key")))
    for value in (None, b"", b"{}", foreign.value):
        origin = origin_of(Record(TOPIC, 1, 5, NOON, b"k", value), SEAL)
        assert (origin.topic, origin.offset, origin.value, origin.rekeyed) == (TOPIC, 5, value, False)


def test_a_scope_whose_id_holds_a_secret_is_refused_and_a_number_is_none() -> None:
    key = "AKIA" + "Q7" * 8
    flow = Flow()
    for field in ("org_id", "user_id"):
        letter = flow.refuse(submission(turn(), job_id=f"of {key}") | {field: f"x {key}"}, key=key.encode())
        assert (letter.code, letter.field, letter.org_id, letter.user_id) == ("VALIDATION_ERROR", field, None, None)
        assert key not in f"{letter.message} {letter.job_id}"
    assert not flow.log
    assert flow.accept(submission(turn()) | {"user_id": "4111111111111111"})["user_id"] == "4111111111111111"


def test_a_key_does_not_matter_only_the_partition_does() -> None:
    flow = Flow(partitions=4)
    right = partition_of(b"acme/ann", 4)
    flow.accept(submission(turn(event_id="e")), key=None, partition=right)
    assert not flow.rekeyed
    event = flow.accept(submission(turn(event_id="f")), key=b"acme/ann", partition=(right + 1) % 4)
    assert len(flow.rekeyed) == 1
    assert event["rekeyed"] is True
    assert event["source"] == {"topic": "turns", "partition": (right + 1) % 4, "offset": 0, "timestamp": NOON}
    assert event["headers"] == {"trace-id": f"turns/{(right + 1) % 4}/0"}


def test_the_same_turn_from_two_partitions_is_one_turn() -> None:
    flow = Flow(partitions=4)
    events = [flow.send(submission(turn(event_id="e")), partition=number)[0] for number in range(4)]
    assert [event["event"] for event in events] == ["SubmissionAccepted"] + ["JobResubmitted"] * 3
    assert len(flow.rekeyed) == 3


def test_a_moved_records_dead_letter_shows_the_original_key_and_headers() -> None:
    flow = Flow(partitions=4)
    wrong = (partition_of(b"acme/ann", 4) + 1) % 4
    letter = flow.refuse(submission(turn(role="root")), key=b"odd", partition=wrong, headers=[("a", b"1")])
    assert (letter.topic, letter.partition, letter.key, letter.headers) == ("turns", wrong, b"odd", (("a", b"1"),))
    assert flow.dead_records[-1].key == b"acme/ann"
