"""What goes along with a closed window: its id, the turns before it, hints."""

from typing import Any

from schemas.extraction import ContextTurn
from schemas.log import Hint
from streams.ids import Ids, scope_key
from streams.settings import LOCAL_HASH_KEY
from tests.streams.window.log import START, Log, cut, texts


def test_a_windows_id_is_that_of_its_conversation_and_units() -> None:
    log = Log()
    log.say(0, "one", "two")
    log.end(1)
    ids = Ids(LOCAL_HASH_KEY)
    expected = ids.window(ids.conversation("acme", "ann", "s1"), [("t10.0", 0), ("t10.1", 0)])
    assert [cut(log, generation=g).windows[0].window_id for g in (1, 2)] == [expected, expected]
    assert cut(log, generation=2).windows[0].generation == 2


def test_every_dry_run_of_the_same_turns_is_a_window_of_its_own() -> None:
    ids, units = Ids("a key of ours"), [("t", 0)]
    tried = [("a", 1), ("a", 2), ("b", 1)]
    found = {ids.window(b"c", units), *(ids.window(b"c", units, job) for job in tried)}
    assert len(found) == 4
    log = Log()
    log.say(0, "one", job="try", dry_run=True, flush=True)
    ids = Ids(LOCAL_HASH_KEY)
    expected = ids.window(ids.conversation("acme", "ann", "s1"), [("t10.0", 0)], ("try", 1))
    assert cut(log).windows[0].window_id == expected


def test_everything_is_written_under_the_scope_key() -> None:
    log = Log(org="a/b", user="c%d")
    log.say(0, "one", flush=True)
    outputs = cut(log, generation=2).outputs
    assert {output.key for output in outputs} == {scope_key("a/b", "c%d")}
    assert [output.topic for output in outputs] == ["jobs.g2", "extractions", "jobs.g2"]


def test_conversations_do_not_meet() -> None:
    logs = [Log(session="a"), Log(session="b"), Log(user="bob", session="a")]
    for log in logs:
        log.say(0, "hello")
    logs[0].end(1)
    records = [record for log in logs for record in log.records]
    windows = cut(records).windows
    assert [(window.user_id, window.session_id) for window in windows] == [("ann", "a")]


def test_the_last_turns_before_a_window_go_along() -> None:
    log = Log()
    for at in range(10):
        log.say(at, f"turn {at}")
    windows = cut(log, turns=4, context_turns=3).windows
    assert [turn.text for turn in windows[1].context_turns] == ["turn 1", "turn 2", "turn 3"]
    assert windows[1].context_turns[0] == ContextTurn(role="user", text="turn 1", said_at=START + 1_000)


def test_context_may_come_from_several_windows() -> None:
    log = Log()
    for at in range(9):
        log.say(at, f"turn {at}", flush=True)
    windows = cut(log, context_turns=4).windows
    assert [turn.text for turn in windows[8].context_turns] == ["turn 4", "turn 5", "turn 6", "turn 7"]


def test_context_has_room_for_whole_turns_only_nearest_first() -> None:
    log = Log()
    log.say(0, "a" * 20, "b" * 20, "c" * 60, "d" * 20, flush=True)
    log.say(1, "now", flush=True)
    texts_before = [turn.text[0] for turn in cut(log, context_tokens=10).windows[1].context_turns]
    assert texts_before == ["b", "d"]


def test_no_context_where_none_is_wanted() -> None:
    log = Log()
    log.say(0, "a", flush=True)
    log.say(1, "b", flush=True)
    nothing: list[dict[str, Any]] = [{"context_turns": 0}, {"context_tokens": 0}]
    for limits in nothing:
        outcome = cut(log, **limits)
        assert outcome.windows[1].context_turns == ()
        assert outcome.waiting == []


def test_a_dry_run_reads_the_context_and_leaves_none() -> None:
    log = Log()
    log.say(0, "real", flush=True)
    log.say(1, *[f"dry {index}" for index in range(5)], dry_run=True)
    log.say(2, "real again", flush=True)
    windows = cut(log, turns=2).windows
    assert [(texts(window)[0], [turn.text for turn in window.context_turns]) for window in windows] == [
        ("real", []),
        ("dry 0", ["real"]),
        ("dry 2", ["real"]),
        ("dry 4", ["real"]),
        ("real again", ["real"]),
    ]


def test_turns_that_nobody_wanted_extracted_are_not_shown_either() -> None:
    log = Log()
    log.say(0, "stored only", write_passive=False, outcome="completed_empty")
    log.say(1, "blank or not", "  ", flush=True)
    log.say(2, "now", flush=True)
    assert [turn.text for turn in cut(log).windows[1].context_turns] == ["blank or not"]


def test_hints_of_the_submissions_in_a_window_come_once() -> None:
    ann, oslo, city = Hint(text="Ann", type="person"), Hint(text="Oslo"), Hint(text="Oslo", type="city")
    log = Log()
    log.say(0, "elsewhere", entities=(Hint(text="Nobody"),), flush=True)
    log.say(1, "one", entities=(ann, oslo))
    log.say(2, "two", entities=(oslo, city, ann), flush=True)
    assert cut(log).windows[1].hints == (ann, oslo, city)


def test_hints_go_along_with_every_window_of_their_submission_and_are_bounded() -> None:
    log = Log()
    for part in range(2):
        log.say(part, "one", "two", entities=tuple(Hint(text=f"{part}-{n}") for n in range(200)))
    windows = cut(log, turns=3).windows
    assert len(windows[0].hints) == 256
    log.end(3)
    assert {hint.text[0] for hint in cut(log, turns=3).windows[1].hints} == {"1"}
