"""Sections 1 to 7 and 9 of the contract, case by case: sent through Kafka, seen in the views."""

import asyncio

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from tests.contract import behaviour, fields, refusals
from tests.contract.case import Case, Sent, find_difference
from tests.contract.conftest import OLD, Told
from tests.contract.stack import Place, value_of

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]


def check(case: Case, told: Told) -> None:
    """Every row that the case names is there, and no other; dead letters hold the bytes that were sent."""
    places = told.places(case)
    for answers, views in ((told.early, case.early), (told.answers, case.views)):
        for view, expected in views.items():
            rows = answers.of(case, view, places)
            difference = find_difference(expected, rows, ordered=view != "extractions")
            assert difference is None, f"{view}: {difference}"
    sent = dict(zip(places, case.sent, strict=True))
    for letter in told.answers.of(case, "dead_letters", places):
        value = sent[Place(letter["source_partition"], letter["source_offset"])].value
        assert (value_of(letter), letter["bytes"]) == (value or b"", len(value or b""))


@pytest.mark.parametrize("case", fields.ACCEPTED, ids=lambda case: case.name[:60])
def test_a_field_that_is_sent_shows(case: Case, told: Told) -> None:
    check(case, told)


@pytest.mark.parametrize("case", refusals.REFUSED, ids=lambda case: case.name[:60])
def test_a_record_beyond_a_rule_is_refused_with_its_reason(case: Case, told: Told) -> None:
    check(case, told)


@pytest.mark.parametrize("case", behaviour.BEHAVIOUR, ids=lambda case: case.name[:60])
def test_what_follows(case: Case, told: Told) -> None:
    check(case, told)


def test_the_topic_takes_no_record_over_2_mib(told: Told) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        asyncio.run(told.stack.publish([(Sent(b"x" * (2 << 20)), b"acme/ann")]))


def test_the_greatest_age_closes_a_window(told: Told) -> None:
    closed = told.stack.query(f"SELECT * FROM turnlog.extractions WHERE user_id = '{OLD}' ORDER BY closed_at LIMIT 1")
    assert [window["closed_by"] for window in closed] == ["age"]
