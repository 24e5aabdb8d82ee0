"""The table keeps what was put, in small values."""

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.overlay import Overlay
from streams.resolve.counts import Tally
from streams.resolve.jobs import Cost, Progress
from streams.resolve.state import SEGMENT_BYTES, ScopeTable, holds
from streams.resolve.timeline import Assertion
from tests.streams.resolve.examples import hash_of

SCOPE, NAME = b"s" * 16, b"n" * 16


def table() -> tuple[ScopeTable, Overlay]:
    overlay = Overlay({})
    return ScopeTable(overlay, SCOPE), overlay


def test_an_overlay_sees_its_changes_first_and_leaves_what_is_below() -> None:
    below = {b"a": b"1"}
    overlay = Overlay(below)
    overlay.put(b"a", b"2")
    assert (overlay.get(b"a"), overlay.get(b"b"), below) == (b"2", None, {b"a": b"1"})


def test_a_dead_value_hides_the_one_below() -> None:
    overlay = Overlay({b"a": b"1"})
    overlay.put(b"a", b"")
    assert overlay.get(b"a") == b""


def test_a_fork_reads_everything_and_leaves_nothing() -> None:
    scope, overlay = table()
    scope.spelling(NAME, "Ann")
    before = dict(overlay.changes)
    fork = scope.fork()
    assert fork.spelling(NAME, "ann") == "Ann"
    assert fork.spelling(b"m" * 16, "Bob") == "Bob"
    assert overlay.changes == before


@settings(deadline=None)
@given(st.lists(st.builds(Assertion, st.integers(-(2**62), 2**62), st.integers(0, 2**60), st.integers(0, 199))))
def test_assertions_come_back_in_their_order(assertions: list[Assertion]) -> None:
    scope, _ = table()
    for assertion in assertions:
        scope.put_assertion(NAME, assertion._replace(fact=NAME))
    assert scope.assertions(NAME) == [assertion._replace(fact=NAME) for assertion in assertions]


def test_thousands_of_turns_are_found_again_and_no_value_grows_past_a_segment() -> None:
    scope, overlay = table()
    for number in range(2_000):
        scope.put_turn(NAME, hash_of(number))
    assert all(scope.says(NAME, hash_of(number)) for number in range(2_000))
    assert not any(scope.says(NAME, hash_of(number)) for number in range(2_000, 2_100))
    assert max(map(len, overlay.changes.values())) <= SEGMENT_BYTES
    assert sum(map(len, overlay.changes.values())) == 2_000 * 16


def test_a_full_segment_is_never_written_again() -> None:
    scope, overlay = table()
    for number in range(SEGMENT_BYTES // 16):
        scope.put_turn(NAME, hash_of(number))
    full = dict(overlay.changes)
    scope.put_turn(NAME, hash_of("one more"))
    assert full.items() <= overlay.changes.items()
    assert len(overlay.changes) == 2


@settings(deadline=None)
@given(st.lists(st.binary(min_size=4, max_size=4), max_size=30), st.binary(min_size=4, max_size=4))
def test_packed_entries_are_found_only_where_they_begin(entries: list[bytes], wanted: bytes) -> None:
    packed = b"".join(entries)
    assert holds(packed, wanted) == (wanted in entries)
    for entry in entries:
        assert holds(packed, entry)


def test_an_entry_across_two_others_is_none() -> None:
    assert not holds(b"abcdefgh", b"cdef")
    assert holds(b"cdcdcdefcdef", b"cdef")


def test_a_window_that_was_extracted_once_has_not_failed() -> None:
    scope, _ = table()
    assert scope.outcome(NAME) is None
    for key, outcome, after in (
        (b"1", "failed", "failed"),
        (b"2", "extracted", "extracted"),
        (b"3", "failed", "extracted"),
    ):
        scope.put_result(NAME, key * 16, outcome)  # type: ignore[arg-type]
        assert scope.outcome(NAME) == after
        assert scope.has_result(NAME, key * 16)
    assert not scope.has_result(NAME, b"4" * 16)


def test_scopes_share_no_key() -> None:
    overlay = Overlay({})
    ScopeTable(overlay, b"1" * 16).spelling(NAME, "Ann")
    assert ScopeTable(overlay, b"2" * 16).spelling(NAME, "ann") == "ann"


def test_a_job_of_a_version_that_knew_fewer_sums_is_read() -> None:
    progress = Progress(
        revision=3, units=2, total=2, done=1, attempts=4, extractor="rules", model="m", prompt_version="p",
        waiting=[], tally=Tally(1, 2, 3), cost=Cost(4, 5, 6, 7), dropped={"no_evidence": 1},
    )  # fmt: skip
    now, overlay = table()
    now.put_job(NAME, progress)
    assert now.job(NAME) == progress
    ((key, row),) = overlay.changes.items()
    sums = orjson.loads(row)
    overlay.put(key, orjson.dumps([*sums[:9], *sums[-3:]]))
    assert now.job(NAME) == progress._replace(waiting=())
    assert now.job(b"o" * 16) == Progress()
