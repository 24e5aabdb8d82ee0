"""Where dead letters do not keep what was sent, no secret is in anything that ingest writes."""

from tests.contract import dirty, refusals, secret_places
from tests.contract.case import Case
from tests.contract.stack import own_key
from tests.contract.test_dirty import SAMPLE, SECRETS, find_any
from tests.streams.ingest.flow import Flow


def tell(case: Case, flow: Flow) -> None:
    for sent in case.sent:
        key = own_key(case) if isinstance(sent.key, str) else sent.key
        flow.send(sent.value, key=key, headers=sent.headers, partition=sent.partition or 0)


def test_no_secret_is_in_what_ingest_writes_where_dead_letters_keep_no_bytes() -> None:
    flow = Flow(keep_dead_letter_bytes=False)
    for case in (*secret_places.CASES, *dirty.CASES, *refusals.REFUSED):
        tell(case, flow)
    for message in SAMPLE:
        flow.send(message.sent.value, key=message.sent.key, headers=message.sent.headers)
    assert len(flow.dead_records) > 100
    assert len(flow.rekeyed) > 10
    written = {
        "dead-letters": [
            b"\n".join([record.key or b"", record.value or b"", *(part or b"" for _, part in record.headers)])
            for record in flow.dead_records
        ],
        "ingest-rekeyed": [b"\n".join([record.key or b"", record.value or b""]) for record in flow.rekeyed],
        "conversations": [repr(event).encode() for event in flow.log],
        "table": [part for table in flow.tables for entry in table.items() for part in entry],
    }
    assert find_any(SECRETS, written) == []


def test_a_dead_letter_that_keeps_no_bytes_still_says_what_and_where_it_was() -> None:
    letter = Flow(keep_dead_letter_bytes=False).refuse(
        {"org_id": "acme", "user_id": "ann", "turns": []}, key=b"k", headers=[("trace-id", b"t"), ("x", b"y")]
    )
    assert (letter.code, letter.field, letter.org_id, letter.offset) == ("VALIDATION_ERROR", "turns", "acme", 0)
    assert (letter.key, letter.value, letter.headers) == (None, b"", (("trace-id", b"t"),))
