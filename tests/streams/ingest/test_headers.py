"""Known headers go along; the rest stays behind."""

from collections import Counter

from streams.ingest.headers import LONGEST, MOST, read_headers
from streams.ingest.rekey import Origin


def read(*headers: tuple[str, bytes]) -> dict[str, str]:
    return read_headers(Origin("turns", 3, 14, 0, None, headers), Counter())


def test_without_a_trace_id_the_coordinate_is_one() -> None:
    assert read() == {"trace-id": "turns/3/14"}
    assert read(("other", b"x")) == {"trace-id": "turns/3/14"}


def test_the_known_ones_are_copied_as_text() -> None:
    known = {"trace-id": "t", "correlation-id": "c", "schema-version": "2", "ce_type": "käse"}
    assert read(*((name, value.encode()) for name, value in known.items()), ("authorization", b"x")) == known
    assert read(("ce_raw", b"a\xff")) == {"trace-id": "turns/3/14", "ce_raw": "a\ufffd"}


def test_they_cannot_outgrow_the_turns() -> None:
    assert read(("ce_long", b"x" * LONGEST)) == {"trace-id": "turns/3/14"}
    assert len(read(*((f"ce_{number}", b"x") for number in range(500)))) <= MOST + 1


def test_many_others_before_them_do_not_push_the_known_ones_out() -> None:
    known = {"trace-id": "t", "correlation-id": "c", "schema-version": "2"}
    many = [(f"ce_{number}", b"x") for number in range(MOST)]
    read_ones = read(*many, *((name, value.encode()) for name, value in known.items()))
    assert read_ones.items() >= known.items()
    assert len(read_ones) == MOST


def test_a_secret_in_one_does_not_go_along() -> None:
    sent = read(("correlation-id", b"run-7 password: hunter2hunter2"))["correlation-id"]
    assert sent.startswith("run-7 ")
    assert "hunter2hunter2" not in sent
    assert "[REDACTED:password]" in sent


def test_a_secret_in_a_name_does_not_go_along_and_both_are_counted() -> None:
    key, found = "AKIA" + "Q7" * 8, Counter[str]()
    sent = read_headers(Origin("turns", 3, 14, 0, None, ((f"ce_ {key}", b"1"), ("ce_b", key.encode()))), found)
    assert sent == {"trace-id": "turns/3/14", "ce_ [REDACTED:aws_key]": "1", "ce_b": "[REDACTED:aws_key]"}
    assert found == {"aws_key": 2}
