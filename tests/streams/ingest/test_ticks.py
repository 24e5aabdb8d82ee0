"""Conversations that go quiet get three ticks, spaced by the gap, whatever clocks say and whoever restarts."""

from streams.ingest.ticks import MARGIN, MOST_AT_ONCE
from tests.streams.ingest.flow import NOON, Flow, submission, turn

GAP = 300_000


def ticks(flow: Flow, start: int, end: int, step: int = 1_000) -> list[tuple[int, int]]:
    """Seconds after NOON and number of every tick sent in between."""
    found = []
    for now in range(start, end, step):
        for event in flow.tick(now):
            assert event["event"] == "ConversationIdled"
            found.append(((now - NOON) // 1_000, event["tick"]))
    return found


def test_a_quiet_conversation_gets_three_ticks_and_no_more() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(session_id="s"))
    assert ticks(flow, NOON, NOON + 10 * GAP) == [(305, 1), (610, 2), (1215, 3)]
    assert flow.log[-1] == {
        "event": "ConversationIdled", "version": 1, "org_id": "acme", "user_id": "ann", "session_id": "s", "tick": 3,
    }  # fmt: skip
    flow.restart()
    assert ticks(flow, NOON + 10 * GAP, NOON + 12 * GAP, 60_000) == []


def test_a_new_turn_begins_anew() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(turn(event_id="1")))
    assert ticks(flow, NOON, NOON + GAP) == []
    flow.accept(submission(turn(event_id="2")), timestamp=NOON + GAP)
    assert ticks(flow, NOON + GAP, NOON + 3 * GAP) == [(605, 1)]
    flow.accept(submission(turn(event_id="3")), timestamp=NOON + 3 * GAP)
    assert ticks(flow, NOON + 3 * GAP, NOON + 20 * GAP) == [(1205, 1), (1510, 2), (2115, 3)]


def test_a_resend_is_no_turn() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(turn(event_id="1")))
    flow.send(submission(turn(event_id="1")), timestamp=NOON + 200_000)
    assert ticks(flow, NOON + 250_000, NOON + 400_000) == [(305, 1)]


def test_a_new_turn_that_is_never_extracted_delays_the_gap_of_those_that_wait() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(turn(event_id="1")))
    flow.send(submission(turn("", event_id="2")), timestamp=NOON + 250_000)
    passive = submission(turn(event_id="3"), options={"write_passive": False})
    flow.send(passive, timestamp=NOON + 500_000)
    assert ticks(flow, NOON + 500_000, NOON + 900_000) == [(805, 1)]


def test_a_window_that_closes_at_once_waits_for_nothing() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(turn(event_id="1"), options={"flush": True}))
    flow.accept(submission(turn(event_id="2"), session_id="ended"))
    flow.send({"type": "session_ended", "org_id": "acme", "user_id": "ann", "session_id": "ended"})
    flow.accept(submission(turn(event_id="3"), session_id="flushed"))
    flow.send({"type": "flush", "org_id": "acme", "user_id": "ann", "session_id": "flushed"})
    flow.accept(submission(turn("", event_id="4"), session_id="blank"))
    assert ticks(flow, NOON, NOON + 5 * GAP, 10_000) == []


def test_a_restart_neither_repeats_nor_forgets() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission())
    found = []
    for now in range(NOON, NOON + 6 * GAP, 20_000):
        flow.restart()
        found += ticks(flow, now, now + 20_000, 5_000)
    assert found == [(305, 1), (610, 2), (1215, 3)]


def test_old_records_get_ticks_a_gap_apart_although_all_are_overdue() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(), timestamp=NOON - 10**9)
    assert ticks(flow, NOON, NOON + 6 * GAP) == [(0, 1), (305, 2), (910, 3)]


def test_a_publishers_clock_far_ahead_delays_a_tick_by_a_gap_at_most() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission(), timestamp=NOON + 10**12)
    assert ticks(flow, NOON, NOON + 6 * GAP) == [(305, 1), (610, 2), (1215, 3)]


def test_a_burst_of_quiet_conversations_is_spread_over_calls() -> None:
    flow = Flow(partitions=1)
    for number in range(MOST_AT_ONCE + 5):
        flow.accept(submission(session_id=str(number)))
    now = NOON + GAP + MARGIN
    assert [len(flow.tick(now)), len(flow.tick(now)), len(flow.tick(now))] == [MOST_AT_ONCE, 5, 0]


def test_ticks_of_odd_scopes_name_them_rightly() -> None:
    flow = Flow(partitions=1)
    flow.accept(submission() | {"org_id": "a/%2F", "user_id": "ü\x00", "session_id": "s/\n"})
    (event,) = flow.tick(NOON + GAP + MARGIN)
    assert (event["org_id"], event["user_id"], event["session_id"]) == ("a/%2F", "ü\x00", "s/\n")
