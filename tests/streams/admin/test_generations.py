"""Which generations there are, and when one may become live."""

from collections.abc import Mapping

from schemas.topics import GENERATION_STAGES, generations_among, registry, topics_of
from streams.adapters.kafka import Place
from streams.admin.generations import more_behind
from streams.admin.lag import StageLag
from streams.topology import NAMES, stages_beside


def lags(records: Mapping[str, int], *, owed: int = 0) -> list[StageLag]:
    """Of every stage, on a topic called `log`; extract also on the backfill topic."""
    return [
        StageLag(
            name,
            name,
            {
                Place("log", 0): records.get(name, 0),
                **({Place("extractions-backfill", 0): owed} if name == "extract" else {}),
            },
        )
        for name in NAMES
    ]


def test_a_generation_is_known_by_its_topics() -> None:
    shared = {topic.name for topic in registry(1)} & {topic.name for topic in registry(2)}
    assert generations_among(shared) == set()
    assert generations_among({topic.name for topic in registry(12)}) == {12}
    for topic in topics_of(3):
        assert generations_among([topic, "facts.gx", "my-facts.g9", "facts.g9-old"]) == {3}


def test_what_a_generation_has_for_itself_is_what_is_deleted_with_it() -> None:
    own = {topic.name for topic in registry(2)} - {topic.name for topic in registry(1)}
    assert set(topics_of(2)) == own
    assert [topic.split(".")[0] for topic in topics_of(2)] == ["facts", "jobs", "turnlog-window", "turnlog-resolve"]


def test_a_worker_of_another_generation_leaves_alone_what_serves_all() -> None:
    assert stages_beside(2, live=1) == GENERATION_STAGES == ("window", "resolve", "sink-facts")
    assert stages_beside(2, live=2) == NAMES


def test_a_generation_has_caught_up_when_it_is_no_further_behind_than_the_live_one() -> None:
    assert more_behind(lags({}), lags({})) == {}
    assert more_behind(lags({"window": 3, "resolve": 9}), lags({"window": 5, "resolve": 8})) == {"resolve": 9}
    assert more_behind(lags({"window": 3}), ()) == {"window": 3}, "the live one itself"


def test_what_serves_all_is_nobodys_delay_but_unanswered_backfills_are() -> None:
    assert more_behind(lags({"ingest": 5, "sink": 5, "extract": 5}), lags({})) == {}
    assert more_behind(lags({}, owed=2), lags({})) == {"extract": 2}
