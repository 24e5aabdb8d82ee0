"""Whatever the log, its split into chunks and its ticks: the same windows, every unit once, small state."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.log import SubmissionAccepted
from streams import codec
from streams.ports import Chunk
from streams.window.agents import build
from tests.streams.window import log as written
from tests.streams.window.log import START, Log, Outcome, Record, cut

LIMITS: dict[str, Any] = {"turns": 3, "tokens": 12, "gap_s": 60, "age_s": 150, "context_turns": 2, "context_tokens": 8}
SESSIONS = ("a", "b")

Step = tuple[str, int, int, tuple[str, ...], int, bool]
"""What, seconds since the record before, which session, texts, kind of options, flush."""

texts_said = st.sampled_from(["", " ", "ok", "I live in Oslo.", "x" * 30, "One. Two. Three. " * 6, "我住在北京。" * 8])
steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from(["say", "say", "say", "say", "flush", "end", "resubmit", "tick"]),
    st.sampled_from([0, 1, 20, 59, 60, 61, 200]),
    st.integers(0, len(SESSIONS) - 1),
    st.lists(texts_said, min_size=1, max_size=5).map(tuple),
    st.sampled_from([0, 0, 0, 1, 2, 3]),
    st.sampled_from([False, False, False, True]),
)
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"infer": False},
    {"dry_run": True, "context": "trial"},
    {"write_passive": False},
)


def write(script: Sequence[Step], *, end: bool = False) -> list[Record]:
    """The log of a script; `end`: with the end of every session."""
    log, at = Log(), 0
    for what, pause, session, said, kind, flush in script:
        at += pause
        who: dict[str, Any] = {"session_id": SESSIONS[session]}
        match what:
            case "say":
                log.say(at, *said, flush=flush, **KINDS[kind], **who)
            case "flush":
                log.say(at, flush=True, outcome="skipped_duplicate", turns_in=1, **who)
            case "end":
                log.end(at, **who)
            case "resubmit":
                log.resubmit(at, "some job")
            case _:
                log.tick(at, **who)
    for session_id in SESSIONS if end else ():
        log.end(at, session_id=session_id)
    return log.records


def windows_by_session(outcome: Outcome) -> dict[str, list[str]]:
    found = sorted(outcome.windows, key=lambda window: window.session_id)
    return {name: [w.window_id for w in group] for name, group in groupby(found, key=lambda w: w.session_id)}


scripts = st.lists(steps, max_size=20)


@given(scripts, st.data())
def test_any_split_into_chunks_gives_the_same_outputs_and_state(script: list[Step], data: st.DataObject) -> None:
    records = write(script)
    chunks = data.draw(st.lists(st.integers(0, len(records)), max_size=10))
    whole = cut(records, **LIMITS)
    assert cut(records, chunks=chunks, **LIMITS) == whole
    assert cut(records, chunks=range(len(records)), **LIMITS) == whole


@given(scripts)
def test_the_same_chunk_twice_from_the_same_state_gives_the_same(script: list[Step]) -> None:
    records = write(script)
    half = len(records) // 2
    state = cut(records[:half], **LIMITS).state
    before = dict(state)
    stage = build(written.settings(**LIMITS))(0, state)
    chunk = Chunk("conversations", 0, records[half:], half, len(records))
    assert stage.process(chunk, state) == stage.process(chunk, state)
    assert state == before


@given(scripts, st.data())
@example([("say", 0, 0, ("ok",), 0, False), ("say", 200, 0, ("ok",), 0, False)], None)
def test_ticks_anywhere_cut_the_same_windows(script: list[Step], data: st.DataObject | None) -> None:
    """Early, late and double ones; those that do not cross a limit change nothing at all."""
    records = write(script, end=True)
    plain = cut(records, **LIMITS)
    ticked: list[Record] = []
    for record, following in zip(records, [*records[1:], None], strict=True):
        ticked.append(record)
        latest = following.timestamp if following else record.timestamp + 1_000_000
        times = [record.timestamp, latest, latest]
        if data is not None:
            times = data.draw(st.lists(st.integers(record.timestamp, latest), max_size=2))
        for time in sorted(times):
            log = Log(session="a")
            log.tick((time - START) / 1000)
            ticked.append(log.records[0]._replace(offset=record.offset + 1))
    assert windows_by_session(cut(ticked, **LIMITS)) == windows_by_session(plain)
    patient = LIMITS | {"gap_s": 10_000_000, "age_s": 10_000_000}
    assert cut(ticked, **patient) == cut(records, **patient)


@given(scripts)
def test_two_generations_cut_the_same_windows(script: list[Step]) -> None:
    records = write(script, end=True)
    assert windows_by_session(cut(records, generation=2, **LIMITS)) == windows_by_session(cut(records, **LIMITS))


@given(scripts)
@settings(max_examples=200)
def test_once_sessions_ended_every_unit_is_in_one_window_and_every_job_is_handed_over(script: list[Step]) -> None:
    records = write(script, end=True)
    outcome = cut(records, **LIMITS)
    events = [codec.decode(record.value or b"") for record in records]
    submissions = [event for event in events if isinstance(event, SubmissionAccepted)]
    expected = [
        (turn.turn_id, turn.text)
        for event in submissions
        if event.options.write_passive and event.outcome is None
        for turn in event.turns
        if turn.text.strip()
    ]
    found: dict[str, str] = {}
    for window in outcome.windows:
        for unit in window.units:
            assert (unit.turn_id not in found) == (unit.piece == 0)
            found[unit.turn_id] = found.get(unit.turn_id, "") + unit.text
    assert found == dict(expected)

    units: Counter[str] = Counter()
    totals: dict[str, int] = {}
    holding: Counter[str] = Counter()
    for window in outcome.windows:
        assert sum(share.units for share in window.jobs) == len(window.units)
        for share in window.jobs:
            units[share.job_id] += share.units
            holding[share.job_id] += 1
            assert totals.setdefault(share.job_id, share.total) == share.total
    assert units == totals
    handed_over = {job.job_id: job.windows for job in outcome.jobs if job.state == "processing"}
    assert handed_over == holding


@given(scripts)
def test_windows_keep_their_limits(script: list[Step]) -> None:
    for window in cut(write(script, end=True), **LIMITS).windows:
        whole = [unit for unit in window.units if unit.pieces == 1]
        assert len(window.units) <= LIMITS["turns"]
        assert len(window.units) == 1 or sum(share.tokens for share in window.jobs) <= LIMITS["tokens"]
        assert len(whole) == len(window.units) or len(window.units) == 1
        assert len(window.context_turns) <= LIMITS["context_turns"]
        assert len({unit.job_id for unit in window.units}) == len(window.jobs)


@given(scripts)
def test_state_holds_an_open_window_and_its_context_and_no_more(script: list[Step]) -> None:
    running = cut(write(script), **LIMITS)
    ended = cut(write(script, end=True), **LIMITS)
    at_most = LIMITS["turns"] + LIMITS["context_turns"]
    assert len(running.state) <= len(SESSIONS) * (1 + at_most)
    assert len(ended.waiting) <= len(SESSIONS) * LIMITS["context_turns"]


def test_a_long_conversation_does_not_grow_the_state() -> None:
    log = Log()
    sizes = []
    for at in range(300):
        log.say(at, f"turn {at:04}")
        if at in (99, 299):
            outcome = cut(log, turns=20, context_turns=6)
            sizes.append((len(outcome.state), sum(map(len, outcome.state.values()))))
    keys, size = zip(*sizes, strict=True)
    assert keys[0] == keys[1] == 1 + 26
    assert abs(size[1] - size[0]) < 100


def test_the_position_is_that_of_the_chunk() -> None:
    log = Log()
    log.say(0, "one")
    stage = build(written.settings())(0, {})
    assert stage.process(Chunk("conversations", 0, log.records, 3, 17), {}).position == 17
