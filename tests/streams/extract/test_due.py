"""When a window that could not be answered is looked at again."""

from streams.extract.deferral import DAY_MS, Deferral, due_at, next_day, wait_s
from streams.extract.due import due
from streams.extract.outages import InVain, Outages
from streams.extract.parked import Head


def test_waits_grow_to_a_limit_and_the_extractor_may_ask_for_more() -> None:
    assert [wait_s(tries, None, first_s=5) for tries in range(9)] == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert wait_s(10_000, None) == 600
    assert wait_s(0, 42.5, first_s=5) == 42.5
    assert wait_s(3, 1.0, first_s=5) == 40
    assert wait_s(0, 1e12) == 86_400


def test_a_budget_is_looked_at_when_the_next_day_begins() -> None:
    assert next_day(3 * DAY_MS) == 4 * DAY_MS
    assert due_at(Deferral("budget"), 7, 4 * DAY_MS - 1) == 4 * DAY_MS


def test_who_was_not_asked_need_not_wait_longer_than_the_outage() -> None:
    assert due_at(Deferral("unavailable", tried=False), 3, 1_000) == 0
    assert due_at(Deferral("unavailable"), 1, 1_000, first_s=5) == 11_000


def test_of_an_extractor_that_may_be_back_one_window_is_tried_and_of_the_others_every_line_has_its_turn() -> None:
    outages = Outages(first_s=5)
    outages.in_vain("away", InVain(b"a", of_server=True), now=0)
    waits = Head(0, 9, 0, 1, "away")
    heads = {b"1": waits, b"2": waits, b"3": Head(0, 9), b"4": Head(0, 9, 60_000), b"5": Head(0, 9, 0, 1, "back")}
    assert due(heads, outages, 4_999, 8) == ({b"3": 4, b"5": 4}, ())
    assert due(heads, outages, 5_000, 8) == ({b"3": 4, b"5": 4}, (b"1",))
    outages.answered("away", now=5_000)
    assert due(heads, outages, 5_000, 2).lines == {b"1": 1, b"2": 1}
    assert due(heads, outages, 60_000, 8).lines == dict.fromkeys([b"1", b"2", b"3", b"4", b"5"], 1)


def test_of_those_that_hung_alone_only_so_many_are_tried_together() -> None:
    heads = {bytes([number]): Head(0, 1, 0, 3, "m", alone=number % 2) for number in range(8)}
    assert [*due(heads, Outages(), 1, 8, most_alone=2).lines] == [bytes([number]) for number in (0, 1, 2, 3, 4, 6)]


def test_who_was_told_to_wait_is_not_the_one_that_tries() -> None:
    outages = Outages(first_s=5)
    outages.in_vain("m", InVain(b"a", of_server=True), now=0)
    heads = {b"1": Head(0, 1, 9_000_000, 1, "m"), b"2": Head(0, 1, 0, 0, "m")}
    assert due(heads, outages, 5_000, 8).tries == (b"2",)


def test_nothing_is_due_when_nobody_waits() -> None:
    assert not due({}, Outages(), 1, 8)


def test_an_outage_that_goes_on_is_tried_less_and_less_and_ends_with_an_answer() -> None:
    outages = Outages(first_s=5)
    ends = []
    for now in (0, 5_000, 15_000):
        outages.in_vain("m", InVain(b"a", "busy", of_server=True), now=now)
        outage = outages.of("m")
        assert outage is not None
        ends.append(outage.until)
    assert ends == [5_000, 15_000, 35_000]
    outages.answered("m", now=1)
    assert outages.of("m") is None
    outages.remember("m", [(b"a", 4, 20), (b"b", 2, 9)])
    assert outages.of("m") == (4, 9, None)
