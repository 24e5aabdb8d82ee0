"""Log lines: fields for machines and people, and no floods."""

import logging

import pytest

from streams.engine.report import Throttle, report


def line(name: str, number: int) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "file", number, "text", (), None)


def test_a_line_is_an_action_and_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="streams.engine")
    report("lane_opened", partition=3, keys=7)
    (record,) = caplog.records
    assert record.getMessage() == "action=lane_opened partition=3 keys=7"
    assert record.__dict__["action"] == "lane_opened"
    assert record.__dict__["fields"] == {"partition": 3, "keys": 7}


def test_a_repeated_line_of_a_client_is_dropped_and_ours_never() -> None:
    throttle = Throttle(every_s=60)
    assert [throttle.filter(line("aiokafka", 1)) for _ in range(3)] == [True, False, False]
    assert throttle.filter(line("aiokafka", 2))
    assert all(throttle.filter(line("streams.engine", 1)) for _ in range(3))


def test_it_passes_again_after_a_while() -> None:
    throttle = Throttle(every_s=0)
    assert all(throttle.filter(line("aiokafka", 1)) for _ in range(3))
