"""What becomes a unit, and long turns in pieces."""

from schemas.extraction import JobShare
from schemas.log import Observation, Turn
from tests.streams.window.log import START, Log, cut, texts


def test_blank_turns_are_no_units_unless_they_carry_observations() -> None:
    log = Log()
    turns = (
        Turn(turn_id="a", role="user", text=" \n", said_at=START, index=0),
        Turn(
            turn_id="b", role="user", text="", said_at=START, index=1, observations=(Observation(content="Likes tea."),)
        ),
        Turn(turn_id="c", role="user", text="Hello.", said_at=START, index=2),
    )
    log.say(0, turns=turns, turns_in=3)
    log.end(1)
    window = cut(log).windows[0]
    assert [unit.turn_id for unit in window.units] == ["b", "c"]
    assert window.jobs == (JobShare(job_id="j10", units=2, total=2, tokens=2),)


def test_a_blank_text_costs_nothing_and_is_never_cut() -> None:
    log = Log()
    seen = (Observation(content="Likes tea."),)
    log.say(0, turns=(Turn(turn_id="a", role="user", text=" " * 400, said_at=START, index=0, observations=seen),))
    log.end(1)
    (window,) = cut(log, tokens=20).windows
    assert (window.units[0].pieces, window.jobs[0].tokens, window.closed_by) == (1, 0, "session_ended")


def test_a_unit_tells_everything_about_its_turn() -> None:
    log = Log()
    turn = Turn(
        turn_id="a", role="assistant", name="Bo", text="Hi", said_at=START, time_is_arrival=True, event_id="e", index=4
    )
    log.say(0, turns=(turn,), turns_in=5, job="job")
    log.end(1)
    (unit,) = cut(log).windows[0].units
    assert unit.model_dump(exclude={"observations"}) == {
        "turn_id": "a",
        "piece": 0,
        "pieces": 1,
        "offset": 10,
        "index": 4,
        "role": "assistant",
        "name": "Bo",
        "text": "Hi",
        "said_at": START,
        "time_is_arrival": True,
        "job_id": "job",
    }


def test_a_long_turn_closes_the_open_window_and_becomes_windows_of_its_own() -> None:
    long = "A sentence here. " * 12
    log = Log()
    log.say(0, "before")
    log.say(1, "first", long, "after", job="j")
    log.end(2)
    windows = cut(log, tokens=20).windows
    assert [window.closed_by for window in windows] == ["long_turn", *["long_turn"] * 3, "session_ended"]
    assert texts(windows[0]) == ["before", "first"]
    pieces = [window.units[0] for window in windows[1:4]]
    assert "".join(piece.text for piece in pieces) == long
    assert [(piece.turn_id, piece.piece, piece.pieces) for piece in pieces] == [("t12.1", n, 3) for n in range(3)]
    assert len({window.window_id for window in windows}) == 5
    shares = [share for window in windows for share in window.jobs if share.job_id == "j"]
    assert [(share.units, share.total) for share in shares] == [(1, 5)] * 5


def test_the_pieces_of_a_long_turn_have_the_same_context_and_never_become_context() -> None:
    log = Log()
    log.say(0, "before", flush=True)
    log.say(1, "A sentence here. " * 12)
    log.say(2, "after", flush=True)
    windows = cut(log, tokens=20).windows
    assert [[turn.text for turn in window.context_turns] for window in windows] == [[], *[["before"]] * 4]


def test_observations_of_a_long_turn_go_with_its_first_piece() -> None:
    log = Log()
    seen = (Observation(content="Likes tea."),)
    turn = Turn(turn_id="a", role="user", text="word " * 40, said_at=START, index=0, observations=seen)
    log.say(0, turns=(turn,), turns_in=1)
    units = [window.units[0] for window in cut(log, tokens=20).windows]
    assert [unit.observations for unit in units] == [seen, (), ()]


def test_a_long_turn_that_is_stored_word_for_word_is_not_cut() -> None:
    log = Log()
    log.say(0, "word " * 40, infer=False)
    (window,) = cut(log, tokens=20).windows
    assert texts(window) == ["word " * 40]
    assert (window.closed_by, window.units[0].pieces) == ("long_turn", 1)
