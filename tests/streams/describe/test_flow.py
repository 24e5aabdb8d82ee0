"""The drawn flow is the real one: every stage, and an arrow for each topic it reads or writes."""

import re
from itertools import pairwise

from schemas.topics import registry
from streams.describe.flow import flow_diagram
from streams.describe.tables import kept, metrics_table, topics_table
from streams.topology import STAGES, Stage


def arrows(diagram: str) -> set[tuple[str, str]]:
    """Who points at whom, by the ids of nodes."""
    found = set()
    for line in diagram.splitlines():
        groups = [[re.split(r"[\[(]", node)[0] for node in part.split(" & ")] for part in line.strip().split(" --> ")]
        for left, right in pairwise(groups):
            found |= {(a, b) for a in left for b in right}
    return found


def node(name: str) -> str:
    return name.strip("{}").replace("-", "_")


def test_every_topic_points_at_its_readers_and_every_stage_at_what_it_writes() -> None:
    expected = {("publishers", "turns")}
    for stage in STAGES:
        expected |= {(node(topic), node(stage.name)) for topic in stage.reads}
        expected |= {(node(stage.name), node(topic)) for topic in stage.writes or ("clickhouse",)}
    assert arrows(flow_diagram()) == expected


def test_a_node_has_its_shape_once() -> None:
    diagram = flow_diagram((Stage("a-b", ("{turns}", "x-y"), ("x-y",), ""), Stage("c", ("x-y",), (), "")))
    assert diagram.splitlines() == [
        "```mermaid",
        "flowchart LR",
        "    publishers([publishers]) --> turns[/turns/]",
        "    turns & x_y[/x-y/] --> a_b[a-b] --> x_y",
        "    x_y --> c --> clickhouse[(ClickHouse)]",
        "```",
    ]


def test_tables_name_every_topic_and_metric() -> None:
    assert "| `conversations` | SubmissionAccepted," in topics_table()
    assert "| `turnlog_windows_closed_total` | counter | reason | Windows closed. |" in metrics_table()


def test_how_long_a_topic_keeps_its_records() -> None:
    found = {topic.name: kept(topic) for topic in registry(1)}
    assert found["turns"] == "as its owners say"
    assert found["ingest-rekeyed"] == "7 days"
    assert found["conversations"] == "for ever"
    assert found["turnlog-ingest-changelog"] == "the last of each key"
