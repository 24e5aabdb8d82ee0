"""What stands beside an offset: which records are suspects, and how often the next one was there at a crash."""

import json
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import runs
from streams.engine.note import BURST, MOST_CRASHES, Note, pack, unpack

NOTES = st.builds(
    Note,
    until=st.integers(0, 2**63),
    shared=st.integers(0, 3),
    own=st.integers(0, 3),
    error=st.text("abcXYZ_", max_size=40),
    run=st.text("0123456789abcdef", max_size=32),
    letters=st.integers(0, 9),
)


@given(NOTES)
def test_a_note_is_read_as_it_was_written_and_is_small(note: Note) -> None:
    assert unpack(pack(note)) == note
    assert len(pack(note)) < 256


def test_nothing_to_say_is_no_text() -> None:
    assert pack(Note()) == ""


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "x", "[]", "7", '"until"', '{"until": []}', '{"later": 1}', '{"until": "x"}'),
        *('{"until": Infinity}', '{"own": 1e999}', '{"own": NaN}', "[" * 100_000),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_a_text_of_another_tool_says_nothing(text: str | None) -> None:
    assert unpack(text) == Note()


def test_a_crash_of_a_chunk_makes_its_records_suspects_one_of_which_did_it() -> None:
    note = Note().after_crash("ValueError", until=20, alone=False)
    assert [note.suspects(position) for position in (0, 19, 20)] == [True, True, False]
    assert note.crashes == 1
    alone = note.after_crash("KeyError", until=11, alone=True).after_crash("KeyError", until=11, alone=True)
    assert (alone.crashes, alone.is_spent, alone.error) == (3, True, "KeyError")


def test_what_goes_well_has_done_nothing_and_the_crash_of_the_chunk_stays_with_the_others() -> None:
    note = Note(until=20, shared=1, own=1, error="ValueError", letters=2)
    assert note.after_success(11) == Note(until=20, shared=1, error="ValueError")
    assert note.after_success(20) == Note(), "all suspects are through"


def test_the_crash_of_the_chunk_counts_for_one_record_only() -> None:
    note = Note(until=20, shared=1, own=2).after_letter(11)
    assert note == Note(until=20, letters=1)
    assert note.after_letter(20) == Note(letters=2)


def test_letters_in_a_row_are_a_burst_until_one_record_goes_well() -> None:
    note = Note(until=100)
    for position in range(BURST):
        assert not note.is_burst
        note = note._replace(own=MOST_CRASHES).after_letter(position)
    assert note.is_burst
    assert note.after_crash("ValueError", until=100, alone=False).is_burst, "also over a crash"
    assert not note.after_success(50).is_burst


def test_a_run_that_died_of_itself_is_laid_to_the_record_that_it_had_begun_alone() -> None:
    begun = Note(until=20, own=1).begun("run-7")
    assert begun.after_run("run-7") == Note(until=20, own=2)
    for died in ("", "run-8"):
        assert begun.after_run(died) == Note(until=20, own=1), "killed from outside, or by another worker's record"
    assert Note(own=1).after_run("") == Note(own=1), "no run is none"


@pytest.mark.parametrize(
    ("code", "died"),
    [
        (-signal.SIGSEGV, True),
        (-signal.SIGABRT, True),
        (77, True),
        (runs.HUNG, True),
        (-signal.SIGKILL, False),
        (-signal.SIGTERM, False),
        (-signal.SIGHUP, False),
        (137, False),
        (0, False),
        (1, False),
        (3, False),
        (10, False),
        (13, False),
        (15, False),
        (runs.BURST, False),
    ],
)
def test_a_run_that_was_killed_from_outside_has_not_died_of_itself(code: int, died: bool) -> None:
    told = runs.runs_of(runs.environment_of("b", "a", code))
    assert told == runs.Runs("b", "a" if died else "")


def test_a_first_run_follows_none() -> None:
    assert runs.runs_of(runs.environment_of("b", "", None)) == runs.Runs("b", "")
    assert runs.runs_of({}) == runs.runs_of({runs.LAST_RUN: "nonsense"}) == runs.Runs()


def test_a_note_is_one_object_of_json() -> None:
    assert json.loads(pack(Note(until=7, own=1))) == {"until": 7, "own": 1}
