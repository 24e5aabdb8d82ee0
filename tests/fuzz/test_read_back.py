"""What is read back from topics and files of others: dead letters, headers of the log, lines to publish."""

import json
from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dead_letter import DeadLetter, from_record, to_record
from streams.headers import headers_of, record_headers, trace_of
from streams.ids import parse_scope_key
from streams.ports import Record
from streams.publish.endings import find_open_ends, with_endings
from streams.publish.entries import read_entries
from streams.publish.entry import Entry
from streams.publish.lines import InputError, Line
from streams.sink.rows import rows_of
from tests.fuzz.json_forms import ODD, TEXT, changed, damaged, from_plain, write
from tests.fuzz.judge import quickly
from tests.fuzz.records import controls, submissions

LETTER = DeadLetter(
    "MALFORMED", "not JSON", "ingest", "submission", "turns", 3, 41, 1, b"k", b"{", (("a", b"b"),), org_id="acme"
)
ABOUT = json.loads(dict(to_record(LETTER)[1])["turnlog"])
abouts = st.one_of(
    st.just(ABOUT).map(from_plain).flatmap(changed).map(write),
    st.just(json.dumps(ABOUT).encode()).flatmap(damaged),
    ODD.map(write),
    st.binary(),
    st.none(),
)
other_headers = st.lists(
    st.tuples(st.sampled_from(["original-key", "original.x", "original.", "turnlog"]) | TEXT, st.none() | st.binary()),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(abouts, other_headers, st.none() | st.binary())
def test_a_record_of_the_dead_letter_topic_is_a_letter_or_an_error_of_two_kinds(
    about: bytes | None, others: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    headers: Any = [("turnlog", about), *others]
    try:
        stored = from_record(value, headers)
    except (KeyError, ValueError):
        return
    assert stored.letter.value == value
    again = from_record(*to_record(stored.letter._replace(kept=True)))
    assert repr(again.letter) == repr(stored.letter._replace(kept=True))
    rows = list(rows_of(Record("dead-letters", 0, 0, 0, None, value, headers)))
    assert [table.name for table, _ in rows] == ["dead_letters"]


texts = st.dictionaries(TEXT, TEXT, max_size=4)


@given(texts, st.none() | TEXT)
def test_headers_of_the_log_come_out_as_they_went_in(headers: dict[str, str], trace_id: str | None) -> None:
    logged = {"headers": headers if trace_id is None else headers | {"trace-id": trace_id}}
    written = dict(record_headers(trace_of(logged), headers_of(logged)))
    assert {name: content.decode() for name, content in written.items()} == {
        name: text for name, text in logged["headers"].items() if name != "trace-id" or text
    }


@pytest.mark.parametrize("headers", ['[[1,"YQ=="]]', '[[null,"YQ=="]]', '[["a"]]', '["ab"]', '{"a":1}', "7", '"ab"'])
def test_a_line_whose_headers_have_another_form_is_named(headers: str) -> None:
    line = Line(3, b'{"value_b64":"e30=","headers":%b}' % headers.encode())
    with pytest.raises(InputError, match="line 3: value_b64, key_b64 or headers cannot be read"):
        list(read_entries([line]))


@pytest.mark.parametrize("about", [None, b"", b"null", b"[]", b"{}", b'{"bytes":1}', b"[" * 100_000, b"\xff"])
def test_a_dead_letter_without_its_facts_is_an_error_of_two_kinds(about: bytes | None) -> None:
    with pytest.raises((KeyError, ValueError)):
        from_record(b"", (("turnlog", about),))  # type: ignore[arg-type]


turn_lines = st.fixed_dictionaries(
    {"source": TEXT, "conversation_id": TEXT, "session_id": TEXT, "role": TEXT, "text": TEXT},
    optional={"turn_id": TEXT, "speaker": TEXT, "timestamp": st.integers() | TEXT, "delivery": ODD},
)
raw_lines = st.fixed_dictionaries(
    {"value_b64": st.sampled_from(["e30=", "e30", "", "/w==", None])},
    optional={
        "key_b64": st.sampled_from(["YQ==", "!", None]),
        "headers": st.dictionaries(TEXT, TEXT)
        | st.lists(st.tuples(TEXT, st.sampled_from(["YQ==", "", "x"])).map(list)),
    },
)
lines = st.one_of(submissions, controls, turn_lines, raw_lines).map(from_plain).flatmap(changed).map(write)
files = st.lists(lines | lines.flatmap(damaged) | st.binary(), max_size=4)


@settings(max_examples=150, deadline=None)
@given(files, st.booleans())
def test_a_file_to_publish_gives_records_that_kafka_takes_or_names_its_bad_line(
    content: list[bytes], people: bool
) -> None:
    def read() -> Iterable[Entry]:
        numbered = [Line(number, text) for number, text in enumerate(content, 1)]
        return list(read_entries(numbered, people=people))

    try:
        entries = list(quickly(read, sum(map(len, content))))
    except InputError as error:
        told = str(error)
        assert told.startswith("line ")
        return
    assert [entry.line for entry in entries] == sorted(entry.line for entry in entries)
    for entry in with_endings(entries, find_open_ends(entries)):
        assert entry.key is None or isinstance(entry.key, bytes)
        assert isinstance(entry.value, bytes) or entry.key is not None
        for name, sent in entry.headers:
            assert isinstance(name.encode(), bytes)
            assert isinstance(sent, bytes)
        if entry.kind == "submission" and entry.conversation and entry.key and not entry.headers:
            assert orjson.loads(entry.value or b"null") is not None
    for entry in entries:
        if entry.conversation is not None and b"_b64" not in content[entry.line - 1]:
            assert entry.key is not None
            assert parse_scope_key(entry.key) == entry.conversation[:2]
