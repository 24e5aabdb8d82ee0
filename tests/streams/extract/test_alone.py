"""A window that gets no answer while others do: it waits alone, nobody else is kept from the model, and it ends."""

import pytest

from schemas.extraction import WindowClosed
from streams.extract.deferral import MOST_ALONE
from streams.extract.outages import InVain, Outages
from tests.streams.extract.lane import Lane, Model, finals, told
from tests.streams.extract.windows import window


def asking(text: str, who: str) -> WindowClosed:
    return window(text, user_id=who)


def test_one_window_in_vain_is_no_outage_however_often_and_two_scopes_in_a_row_are() -> None:
    outages = Outages(first_s=5)
    for now in (0, 10_000, 90_000):
        outages.in_vain("m", InVain(b"a", "late", 86_400.0), now=now)
        assert outages.of("m") is None
    outages.answered("m", now=95_000)
    outages.in_vain("m", InVain(b"b", "late"), now=96_000)
    assert outages.of("m") is None, "an answer came between"
    outages.in_vain("m", InVain(b"a", "late", 86_400.0), now=97_000)
    assert outages.of("m") == (1, 102_000, "late"), "what one window was told is for it alone"


@pytest.mark.parametrize("of_server", [True, False])
def test_who_was_alone_before_proves_nothing_unless_the_server_says_it_for_all(of_server: bool) -> None:
    outages = Outages()
    for scope in (b"a", b"b"):
        outages.in_vain("m", InVain(scope, "no", of_server=of_server, proves=False), now=0)
    assert (outages.of("m") is not None) is of_server


def test_parked_windows_of_one_scope_are_no_outage_after_a_restart() -> None:
    outages = Outages()
    outages.remember("m", [(b"a", 3, 50), (b"a", 2, 60)])
    assert outages.of("m") is None
    outages.remember("m", [(b"a", 3, 50), (b"b", 2, 60)])
    assert outages.of("m") == (3, 50, None)


async def test_one_persons_window_keeps_nobody_else_from_the_model() -> None:
    model = Model()
    model.stuck = {"stuck"}
    lane = Lane(model)
    assert told(await lane.take(asking("stuck", "eve"))) == [("deferred", "unavailable")]
    for number in range(5):
        assert told(await lane.take(asking(f"fine {number}", "ann"))) == [("extracted", "nothing_found")]
        await lane.tick(after_s=700)
    lane.restart()
    assert told(await lane.take(asking("fine still", "bob"))) == [("extracted", "nothing_found")]


async def test_a_window_that_gets_no_answer_while_others_do_fails_in_the_end_and_its_line_moves() -> None:
    model = Model(price=3)
    model.stuck = {"stuck"}
    lane = Lane(model, budget=1_000_000)
    await lane.take(asking("stuck", "eve"), asking("next", "eve"))
    for number in range(MOST_ALONE + 2):
        await lane.take(asking(f"fine {number}", "ann"))
        if number == 4:
            lane.restart()
        await lane.tick(after_s=700)
        await lane.tick(after_s=1)
    failed, following = finals([part for part in lane.results if part.user_id == "eve"])
    assert (failed.outcome, failed.reason) == ("failed", "extraction_failed")
    assert failed.error == f"no answer {MOST_ALONE} times while other windows got theirs: too late"
    tries = model.calls.count("stuck")
    assert (failed.attempts, failed.cost_micros) == (tries, 3 * tries)
    assert MOST_ALONE < tries <= MOST_ALONE + 2
    assert following.outcome == "extracted"
    assert lane.waiting() == 0
    assert all(value == b"" for key, value in lane.state.items() if key[:1] in (b"h", b"w", b"d", b"s"))


async def test_a_window_never_fails_because_its_model_is_away() -> None:
    model = Model()
    model.away, model.of_server = {"small"}, False
    lane = Lane(model)
    await lane.take(asking("one", "ann"), asking("two", "bob"))
    for _ in range(5 * MOST_ALONE):
        await lane.tick(after_s=700)
    assert finals(lane.results) == []
    model.away = set()
    for _ in range(3):
        await lane.tick(after_s=700)
    assert [part.outcome for part in finals(lane.results)] == ["extracted", "extracted"]


async def test_a_window_that_was_tried_before_is_not_waited_for() -> None:
    model = Model()
    model.away = {"small"}
    lane = Lane(model)
    await lane.take(asking("one", "ann"))
    await lane.tick(after_s=6)
    lane.restart()
    await lane.tick(after_s=700)
    assert [means.tried for means in model.means] == [False, True, True]


async def test_with_other_settings_a_model_is_asked_at_once_and_with_the_same_when_its_wait_is_over() -> None:
    model = Model()
    model.away, model.retry_after_s = {"small"}, 3_000.0
    lane = Lane(model)
    await lane.take(asking("one", "ann"), asking("two", "bob"))
    asked = len(model.calls)
    lane.restart()
    await lane.tick(after_s=1)
    assert len(model.calls) == asked
    model.away, lane.mark = set(), "another key"
    lane.restart()
    ended = await lane.tick(after_s=1)
    assert [part.outcome for part in ended] == ["extracted", "extracted"]
