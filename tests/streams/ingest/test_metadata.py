"""Metadata: small, typed, and honest about big numbers."""

from typing import Any

import orjson
import pytest

from streams.errors import Invalid
from streams.ingest.metadata import read_metadata


def read(record: bytes) -> dict[str, Any]:
    return read_metadata(orjson.loads(record)["metadata"], record)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_values_keep_their_type_and_null_fields_go_at_every_level() -> None:
    sent = {"a": 1, "b": 1.0, "c": True, "d": "1", "e": None, "f": {"g": None, "h": [None, {"i": None}]}}
    kept = read(orjson.dumps({"metadata": sent}))
    assert kept == {"a": 1, "b": 1.0, "c": True, "d": "1", "f": {"h": [None, {}]}}
    assert [type(kept[name]) for name in "abc"] == [int, float, bool]


def test_eight_levels_and_no_more() -> None:
    assert read(orjson.dumps({"metadata": nested(8)})) == nested(8)
    with pytest.raises(Invalid, match="at most 8 levels"):
        read(orjson.dumps({"metadata": nested(9)}))
    with pytest.raises(Invalid, match="at most 8 levels"):
        read(b'{"metadata":{"a":' + b"[" * 900 + b"]" * 900 + b"}}")


def test_64_keys_and_16_kib_and_no_more() -> None:
    assert len(read(orjson.dumps({"metadata": {str(n): n for n in range(64)} | {"gone": None}}))) == 64
    with pytest.raises(Invalid, match="at most 64 keys"):
        read(orjson.dumps({"metadata": {str(n): n for n in range(65)}}))
    fits = {"a": "x" * ((16 << 10) - len('{"a":""}'))}
    assert read(orjson.dumps({"metadata": fits})) == fits
    with pytest.raises(Invalid, match="at most 16 KiB"):
        read(orjson.dumps({"metadata": {"a": fits["a"] + "x"}}))


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 2**63, 0])
def test_integers_within_64_bits_stay_exact(number: int) -> None:
    assert read(b'{"metadata":{"n":%d}}' % number) == {"n": number}


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**40])
def test_integers_beyond_64_bits_are_refused_and_not_rounded(number: int) -> None:
    with pytest.raises(Invalid, match="64 bits"):
        read(b'{"metadata":{"deep":[{"n":%d}]}}' % number)


@pytest.mark.parametrize("number", [b"1e300", b"-1.5e19", b"18446744073709551616.5", b"1.8446744073709552e19"])
def test_large_doubles_are_doubles(number: bytes) -> None:
    assert read(b'{"metadata":{"n":%b},"note":"12345678901234567890"}' % number) == {"n": float(number)}


def test_a_number_in_a_text_beside_it_makes_no_double_an_integer() -> None:
    record = b'{"metadata":{"n":1e20},"turns":[{"text":"order 100000000000000000000 arrived"}]}'
    assert read_metadata(orjson.loads(record)["metadata"], record) == {"n": 1e20}


def test_a_record_that_nests_deeper_than_one_parser_goes_is_refused_and_stops_nothing() -> None:
    record = b'{"metadata":{"n":1e20},"unknown":%b%b}' % (b"[" * 1_000, b"]" * 1_000)
    with pytest.raises(Invalid):
        read_metadata({"n": 1e20}, record)
