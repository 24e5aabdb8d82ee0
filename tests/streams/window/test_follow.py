"""What closes a window, and what does not."""

from typing import Any

import pytest

from schemas.extraction import WindowOptions
from schemas.log import Observation, Options, Turn
from streams import codec
from tests.streams.window.log import START, Log, Record, cut, texts


def test_a_window_waits_until_something_closes_it() -> None:
    log = Log()
    log.say(0, "one", "two")
    assert cut(log).windows == []


def test_a_window_closes_when_it_has_enough_turns() -> None:
    log = Log()
    for at in range(5):
        log.say(at, f"turn {at}")
    windows = cut(log, turns=2).windows
    assert [texts(window) for window in windows] == [["turn 0", "turn 1"], ["turn 2", "turn 3"]]
    assert [(window.closed_by, window.closed_at) for window in windows] == [
        ("turns", START + 1_000),
        ("turns", START + 3_000),
    ]


def test_a_window_closes_before_a_turn_that_would_outgrow_it() -> None:
    log = Log()
    for at in range(3):
        log.say(at, "x" * 40)
    windows = cut(log, tokens=20).windows
    assert [(len(window.units), window.closed_by) for window in windows] == [(2, "tokens")]


def test_observations_count_for_a_windows_size_and_not_for_its_cost() -> None:
    log = Log()
    turn = Turn(
        turn_id="t", role="user", text="Look.", said_at=START, index=0, observations=(Observation(content="y" * 400),)
    )
    log.say(0, turns=(turn,), turns_in=1)
    log.say(1, "Seen.")
    window = cut(log, tokens=20).windows[0]
    assert (window.closed_by, texts(window)) == ("tokens", ["Look."])
    assert window.units[0].observations == turn.observations
    assert window.jobs[0].tokens == 2


def test_a_record_after_the_gap_closes_whatever_it_is() -> None:
    for late in ("tick", "flush", "end", "say", "resubmit", "refuse"):
        log = Log()
        log.say(0, "hello", job="j")
        match late:
            case "say":
                log.say(301, "again")
            case "resubmit":
                log.resubmit(301, "j")
            case "refuse":
                log.refuse(301, "other")
            case "tick":
                log.tick(301)
            case "flush":
                log.flush(301)
            case _:
                log.end(301)
        windows = cut(log).windows
        assert [(texts(window), window.closed_by) for window in windows] == [(["hello"], "gap")], late


def test_a_tick_within_the_gap_does_nothing() -> None:
    log = Log()
    log.say(0, "hello")
    before = cut(log)
    log.tick(300)
    assert cut(log) == before


def test_a_turn_said_long_after_the_last_one_begins_a_window_though_appended_at_once() -> None:
    log = Log()
    log.say(0, "in May", said_at=[0])
    log.say(1, "in June", said_at=[30 * 24 * 3600])
    windows = cut(log).windows
    assert [(texts(window), window.closed_by) for window in windows] == [(["in May"], "gap")]


def test_the_gap_is_counted_from_the_last_turn_of_a_submission() -> None:
    log = Log()
    log.say(0, "first", "second", said_at=[0, 1_000])
    log.say(1, "third", said_at=[1_200])
    log.say(2, "fourth", said_at=[1_501])
    assert [texts(window) for window in cut(log).windows] == [["first", "second", "third"]]


def test_turns_said_in_another_order_than_they_came_stay_together() -> None:
    log = Log()
    log.say(0, "later", said_at=[1_000_000])
    log.say(1, "earlier", said_at=[5])
    log.say(2, "a little later than that", said_at=[100])
    log.end(3)
    windows = cut(log).windows
    assert [texts(window) for window in windows] == [["later", "earlier", "a little later than that"]]


def test_turns_that_are_not_extracted_keep_a_conversation_alive() -> None:
    log = Log()
    log.say(0, "hello")
    log.say(200, "not for you", write_passive=False, outcome="completed_empty")
    log.say(400, "hello again")
    log.end(401)
    assert [texts(window) for window in cut(log).windows] == [["hello", "hello again"]]


def test_a_window_closes_at_its_greatest_age() -> None:
    log = Log()
    for at in range(0, 2_000, 100):
        log.say(at, f"at {at}")
    windows = cut(log).windows
    assert [(len(window.units), window.closed_by) for window in windows] == [(19, "age")]


def test_flush_as_an_option_closes_after_its_submission() -> None:
    log = Log()
    log.say(0, "one")
    log.say(1, "two", flush=True)
    outcome = cut(log)
    assert [(texts(window), window.closed_by) for window in outcome.windows] == [(["one", "two"], "flush")]


def test_flush_without_new_turns_closes_too() -> None:
    log = Log()
    log.say(0, "one")
    log.say(1, flush=True, outcome="skipped_duplicate", turns_in=1)
    assert [window.closed_by for window in cut(log).windows] == ["flush"]


def test_a_flush_record_and_the_end_of_a_session_close() -> None:
    log = Log()
    log.say(0, "one")
    log.flush(1)
    log.say(2, "two")
    log.end(3)
    assert [(texts(window), window.closed_by) for window in cut(log).windows] == [
        (["one"], "flush"),
        (["two"], "session_ended"),
    ]


def test_what_is_said_of_an_unknown_conversation_changes_nothing() -> None:
    log = Log()
    log.flush(0)
    log.end(1)
    log.tick(2)
    outcome = cut(log)
    assert outcome.outputs == []
    assert outcome.state == {}


def test_nothing_is_closed_twice() -> None:
    log = Log()
    log.say(0, "one")
    log.end(1)
    once = cut(log)
    log.end(2)
    log.flush(3)
    log.tick(10_000)
    assert cut(log) == once


@pytest.mark.parametrize(
    "other",
    [
        {"infer": False},
        {"dry_run": True},
        {"max_facts": 5},
        {"model": "small"},
        {"context": "support call"},
        {"visibility": "hive"},
    ],
)
def test_other_extraction_options_close_the_window(other: dict[str, Any]) -> None:
    log = Log()
    log.say(0, "one")
    log.say(1, "two", **other)
    log.say(2, "three", **other)
    log.say(3, "four")
    log.end(4)
    windows = cut(log).windows
    assert [(texts(window), window.closed_by) for window in windows] == [
        (["one"], "options"),
        (["two", "three"], "options"),
        (["four"], "session_ended"),
    ]
    assert [window.options for window in windows] == [WindowOptions(), WindowOptions(**other), WindowOptions()]


@pytest.mark.parametrize("same", [{"write_active": False}, {"title": "a title"}, {"tags": ("x",)}])
def test_what_the_extractor_does_not_see_keeps_the_window_open(same: dict[str, Any]) -> None:
    log = Log()
    log.say(0, "one")
    log.say(1, "two", **same)
    assert cut(log).windows == []


def test_a_submission_without_anything_to_extract_leaves_the_window_alone() -> None:
    log = Log()
    log.say(0, "one")
    log.say(1, context="elsewhere", outcome="skipped_duplicate", turns_in=1)
    log.say(2, "stored only", context="elsewhere", write_passive=False, outcome="completed_empty")
    assert cut(log).windows == []


def test_window_options_and_submission_options_have_the_same_defaults() -> None:
    common = Options().model_dump().keys() & WindowOptions().model_dump().keys()
    assert {name: getattr(Options(), name) for name in common} == {
        name: getattr(WindowOptions(), name) for name in common
    }


@pytest.mark.parametrize(
    "value",
    [
        b'{"event":"TurnForgotten","version":1,"org_id":"a","user_id":"u","session_id":"s"}',
        b'{"event":"SessionEnded","version":2,"org_id":"a","user_id":"u","session_id":"s"}',
    ],
)
def test_an_event_of_a_newer_version_stops_the_stage(value: bytes) -> None:
    with pytest.raises(codec.UnknownEvent):
        cut([Record(1, START, b"a/u", value)])
