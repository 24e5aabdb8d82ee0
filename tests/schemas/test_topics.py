"""The registry is whole: what is written is read, what is read exists."""

import re

from schemas.topics import app_id, changelog, registry
from streams.codec import EVENTS
from streams.settings import Settings
from streams.topology import STAGES, topic_names

PUBLIC = {"dead-letters", "facts.g1", "jobs.g1"}


def test_every_event_is_written_to_the_topic_that_lists_it() -> None:
    listed = {(event, re.sub(r"\.g\d+$", "", topic.name)) for topic in registry(1) for event in topic.events}
    assert {(name, event.topic) for name, event in EVENTS.items()} <= listed


def test_every_topic_a_stage_touches_is_registered_and_every_topic_written_is_read() -> None:
    settings = Settings()
    names = {topic.name for topic in registry(1)}
    read = {name for stage in STAGES for name in topic_names(stage.reads, settings)}
    written = {name for stage in STAGES for name in topic_names(stage.writes, settings)}
    assert read | written <= names
    assert written <= read | PUBLIC


def test_the_changelog_of_every_stage_with_a_table_is_registered_and_compacted() -> None:
    topics = {topic.name: topic for topic in registry(1)}
    for stage in STAGES:
        if stage.has_table:
            assert topics[changelog(stage.name, 1)].config["cleanup.policy"] == "compact"


def test_only_what_belongs_to_a_generation_is_named_after_it() -> None:
    shared = {topic.name for topic in registry(1)} & {topic.name for topic in registry(2)}
    assert shared == {
        "turns", "ingest-rekeyed", "conversations", "extractions", "extractions-backfill", "results", "dead-letters",
        "turnlog-ingest-changelog", "turnlog-extract-changelog",
    }  # fmt: skip
    assert app_id("ingest", 1) == app_id("ingest", 2)
    assert app_id("resolve", 1) != app_id("resolve", 2)
