"""A file's lines as records: every form, every limit, every mistake that a person can make."""

import base64
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.publish.endings import find_open_ends, with_endings
from streams.publish.entries import read_entries
from streams.publish.entry import Conversation, Entry
from streams.publish.lines import InputError, Line, read_lines


def lines(*rows: dict[str, Any] | bytes) -> list[Line]:
    texts = (row if isinstance(row, bytes) else orjson.dumps(row) for row in rows)
    return [Line(number, text) for number, text in enumerate(texts, start=1)]


def turn(number: int, **more: Any) -> dict[str, Any]:
    fields = {
        "source": "tales",
        "conversation_id": "fox/hen",
        "session_id": "s1",
        "turn_id": str(number),
        "speaker": "Fox",
        "role": "assistant",
        "text": f"word {number}",
        "timestamp": "2024-01-01T00:00:00Z",
    }
    return fields | more


def submission(user: str = "ann", session: str | None = "s1", **more: Any) -> dict[str, Any]:
    session_fields = {} if session is None else {"session_id": session}
    return {"org_id": "acme", "user_id": user, **session_fields, "turns": [{"role": "user", "text": "hi"}], **more}


def read(*rows: dict[str, Any] | bytes, people: bool = False) -> list[Entry]:
    return list(read_entries(lines(*rows), people=people))


def sent(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = orjson.loads(entry.value or b"")
    return fields


def test_consecutive_turns_of_a_session_become_one_submission() -> None:
    (entry,) = read(turn(1), turn(2))
    assert sent(entry) == {
        "org_id": "tales",
        "user_id": "fox/hen",
        "session_id": "s1",
        "turns": [
            {
                "role": "assistant",
                "text": f"word {n}",
                "event_id": str(n),
                "name": "Fox",
                "timestamp": "2024-01-01T00:00:00Z",
            }
            for n in (1, 2)
        ],
    }
    assert (entry.key, entry.turns, entry.kind) == (b"tales/fox%2Fhen", 2, "submission")
    assert entry.conversation == Conversation("tales", "fox/hen", "s1")


def test_a_session_that_comes_back_is_another_submission() -> None:
    entries = read(turn(1), turn(2, session_id="s2"), turn(3))
    assert [entry.line for entry in entries] == [1, 2, 3]


def test_each_delivery_is_a_submission_of_its_own() -> None:
    entries = read(turn(1, delivery=0), turn(1, delivery=1), turn(2, delivery=1))
    assert [entry.turns for entry in entries] == [1, 2]


def test_between_people_every_speaker_is_a_user() -> None:
    (entry,) = read(turn(1), turn(2, role="user"), people=True)
    assert [each["role"] for each in sent(entry)["turns"]] == ["user", "user"]


def test_a_submission_takes_at_most_200_turns() -> None:
    entries = read(*(turn(number) for number in range(401)))
    assert [entry.turns for entry in entries] == [200, 200, 1]
    assert [entry.line for entry in entries] == [1, 201, 401]
    assert [each["event_id"] for entry in entries for each in sent(entry)["turns"]] == [str(n) for n in range(401)]


def test_a_submission_stays_below_900_kib() -> None:
    entries = read(*(turn(number, text="é" * 100_000) for number in range(10)))
    assert [entry.turns for entry in entries] == [4, 4, 2]
    assert all(len(entry.value or b"") < 901 << 10 for entry in entries)


def test_a_turn_larger_than_that_is_alone() -> None:
    assert [entry.turns for entry in read(turn(1), turn(2, text="x" * (1 << 20)), turn(3))] == [1, 1, 1]


def test_null_fields_of_a_turn_are_left_out() -> None:
    (entry,) = read(turn(1, timestamp=None, speaker=None))
    assert sent(entry)["turns"] == [{"role": "assistant", "text": "word 1", "event_id": "1"}]


def test_a_submission_is_sent_letter_for_letter() -> None:
    text = b'{"org_id": "acme",  "user_id": "ann", "turns": [{"role": "user", "text": "hi"}], "x": 1.50}'
    (entry,) = read(text)
    assert (entry.value, entry.key, entry.turns) == (text, b"acme/ann", 1)
    assert entry.conversation == Conversation("acme", "ann", "default-session")


@pytest.mark.parametrize(
    "scope", [{"org_id": "acme"}, {"org_id": "acme", "user_id": 7}, {"org_id": "", "user_id": "a"}]
)
def test_a_submission_without_a_scope_is_sent_without_key(scope: dict[str, Any]) -> None:
    (entry,) = read({**scope, "turns": []})
    assert (entry.key, entry.conversation) == (None, None)


@pytest.mark.parametrize("type_", ["session_ended", "flush"])
def test_control_records_are_counted_apart(type_: str) -> None:
    (entry,) = read({"type": type_, "org_id": "acme", "user_id": "ann", "session_id": "s1"})
    assert (entry.kind, entry.turns) == ("control", 0)


def test_an_unknown_type_is_a_submission_to_be_refused() -> None:
    assert read({"type": "submission.v2", "org_id": "acme", "user_id": "ann"})[0].kind == "submission"


def test_raw_bytes_are_sent_as_they_are() -> None:
    raw = {"raw_b64": base64.b64encode(b"\xff{").decode(), "key_b64": "YQ==", "headers": {"trace-id": "t"}}
    (entry,) = read(raw)
    assert entry == Entry(1, b"a", b"\xff{", (("trace-id", b"t"),))


def test_a_tombstone_needs_its_key() -> None:
    assert read({"raw_b64": None, "key_b64": "YQ=="})[0].value is None
    with pytest.raises(InputError, match="line 1: a record needs a key or a value"):
        read({"raw_b64": None})


def test_headers_may_be_a_list_with_base64() -> None:
    (entry,) = read({"value_b64": "e30=", "headers": [["h", "dg=="], ["h", "dw=="]]})
    assert entry.headers == (("h", b"v"), ("h", b"w"))


def test_raw_bytes_that_are_a_submission_are_known_as_one() -> None:
    raw = base64.b64encode(orjson.dumps(submission())).decode()
    assert read({"raw_b64": raw})[0].conversation == Conversation("acme", "ann", "s1")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (b"{", "line 1 is not JSON"),
        (b"[]", "line 1 is not a JSON object"),
        (b"\xff", "line 1 is not JSON"),
        ({"raw_b64": "!"}, "line 1: raw_b64, key_b64 or headers cannot be read"),
        ({"raw_b64": "e30=", "headers": [["h"]]}, "line 1: raw_b64, key_b64 or headers cannot be read"),
        (turn(1, text=None), "line 1: a turn needs text as text"),
        (turn(1, source=None), "line 1: a turn needs source as text"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(row: dict[str, Any] | bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read(row)


def test_lines_are_split_at_line_feeds_alone(tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_bytes('{"a": "x\u2028y\u0085z"}\r\n\n{"b": 1}'.encode())
    assert [line.number for line in read_lines(file)] == [1, 3]


def test_packed_files_are_read_whatever_their_name(tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_bytes(gzip.compress(b"{}\n{}\n"))
    assert [line.text for line in read_lines(file)] == [b"{}", b"{}"]


def test_a_packed_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "turns.jsonl.gz"
    file.write_bytes(gzip.compress(b"{}\n" * 1000)[:-9])
    with pytest.raises(InputError, match="cannot read"):
        list(read_lines(file))


def endings(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    entries = read(*rows)
    return [
        (entry.kind, entry.conversation.user_id if entry.conversation else "")
        for entry in with_endings(entries, find_open_ends(entries))
    ]


def test_every_conversation_is_ended_after_its_last_submission() -> None:
    assert endings(submission("ann"), submission("ben"), submission("ann")) == [
        ("submission", "ann"),
        ("submission", "ben"),
        ("control", "ben"),
        ("submission", "ann"),
        ("control", "ann"),
    ]


def test_a_conversation_that_the_file_ends_is_not_ended_twice() -> None:
    ended = {"type": "session_ended", "org_id": "acme", "user_id": "ann", "session_id": "s1"}
    assert endings(submission(), ended) == [("submission", "ann"), ("control", "ann")]
    assert endings(ended, submission()) == [("control", "ann"), ("submission", "ann"), ("control", "ann")]


def test_an_ending_names_the_default_session() -> None:
    entries = read(submission(session=None))
    *_, ending = with_endings(entries, find_open_ends(entries))
    assert sent(ending) == {
        "type": "session_ended",
        "org_id": "acme",
        "user_id": "ann",
        "session_id": "default-session",
    }
    assert ending.key == b"acme/ann"
