"""Whatever is sent, every record ends once, says no secret, and costs no more than its size."""

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.fuzz.json_forms import from_plain, write
from tests.fuzz.judge import ACCEPTED, CONTROL, REFUSED, World
from tests.fuzz.records import PARTITIONS, SECRET, Sent, controls, records, submissions

LARGE = [HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example]


@settings(max_examples=150, deadline=None, suppress_health_check=LARGE)
@given(st.lists(records(), min_size=1, max_size=4), st.booleans())
def test_every_record_ends_as_accepted_as_a_control_record_or_as_one_dead_letter(sent: list[Sent], keep: bool) -> None:
    world = World(keep=keep)
    for record in sent:
        became = world.take(record)
        event(became.end if not became.letters else became.letters[0].code)
        if record.value is None:
            assert became.letters[0].code == "MALFORMED"


@settings(max_examples=50, deadline=None, suppress_health_check=LARGE)
@given(submissions | controls, st.integers(0, PARTITIONS - 1))
def test_what_keeps_the_rules_is_taken(fields: dict[str, Any], partition: int) -> None:
    """Else the fuzzing would only ever see refusals."""
    became = World(keep=True).take(Sent(write(from_plain(fields)), None, (), partition, 0))
    if became.end == REFUSED:
        (letter,) = became.letters
        assert letter.field in ("type", "options.model", "visibility", "entities.0.type", "entities.1.type")
    else:
        assert became.end == (CONTROL if "type" in fields else ACCEPTED)


@settings(max_examples=100, deadline=None, suppress_health_check=LARGE)
@given(st.binary() | st.binary().map(lambda content: b'{"org_id":"a","user_id":"b","turns":' + content))
def test_any_bytes_are_a_record_that_ends(value: bytes) -> None:
    assert World(keep=True).take(Sent(value, None, (), 0, 0, is_whole=False)).end in (ACCEPTED, CONTROL, REFUSED)


@pytest.mark.parametrize("how", ["readable", "unreadable"])
@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_a_record_of_nothing_but_headers_fits_where_it_goes(how: str, partition: int) -> None:
    """A million of them, two bytes each, came to 8 MB: too large for any of our topics, at every attempt."""
    value = b'{"org_id":"a","user_id":"b","turns":[{"role":"user","text":"hi"}]}' if how == "readable" else b"{"
    became = World(keep=True).take(Sent(value, None, (("", None),) * 1_000_000, partition, 0))
    assert became.end == (ACCEPTED if how == "readable" else REFUSED)


def test_a_record_that_is_all_key_fits_where_it_goes() -> None:
    """The key of what cannot be read stood in its dead letter twice."""
    became = World(keep=True).take(Sent(b"{", b"k" * ((2 << 20) - 200), (), 0, 0))
    assert [letter.key for letter in became.letters] == [b"k" * ((2 << 20) - 200)]


def test_a_planted_secret_is_one() -> None:
    """Else nothing here would prove anything."""
    fields = {"org_id": "acme", "user_id": "ann", "turns": [{"role": "user", "text": f"it is {SECRET}"}]}
    became = World(keep=True).take(Sent(write(from_plain(fields)), None, (), 0, 0))
    assert became.log[0]["redactions"] == {"stripe_key": 1}
