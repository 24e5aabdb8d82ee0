"""A commit becomes numbers, once, and nothing from outside can make the metrics grow."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from streams import metrics
from streams.counts import Name
from streams.engine import Commit
from streams.monitor.commits import MOST_LABELS, bounded, count
from streams.ports import Chunk, Record


def value(name: str, **labels: str) -> float:
    return metrics.STAGE.get_sample_value(f"turnlog_{name}", labels) or 0.0


def commit(stage: str, *, position: int | None = 12, counts: Mapping[tuple[Name, str], int] | None = None) -> Commit:
    sent = int(time.time() * 1000) - 2_000
    records = [Record("turns", 3, offset, sent, b"key", b"value") for offset in (10, 11)]
    chunk = Chunk("turns", 3, records, 10, 12)
    return Commit(stage, 3, chunk, position, 5, 4, 0.02, counts or {})


def test_what_a_commit_tells() -> None:
    count(commit("a"))
    assert value("records_in_total", stage="a", topic="turns", partition="3") == 2
    assert value("records_out_total", stage="a") == 5
    assert value("table_changes_total", stage="a") == 4
    assert value("transactions_total", stage="a", partition="3") == 1
    assert value("commit_seconds_sum", stage="a") == pytest.approx(0.02)
    assert 2 <= value("latency_seconds_sum", stage="a") < 30


def test_of_several_transactions_of_a_chunk_the_last_one_ends_it() -> None:
    for position in (None, 11, 12):
        count(commit("b", position=position))
    assert value("transactions_total", stage="b", partition="3") == 3
    assert value("records_in_total", stage="b", topic="turns", partition="3") == 2
    assert value("latency_seconds_count", stage="b") == 1


def test_what_a_stage_counted_has_its_label_or_is_observed() -> None:
    count(
        commit(
            "c",
            counts={("turns", "duplicate"): 3, ("rekeyed", ""): 2, ("insert_seconds", "0.5"): 2, ("tokens", "in"): 900},
        )
    )
    assert value("turns_total", stage="c", kind="duplicate") == 3
    assert value("rekeyed_total", stage="c") == 2
    assert value("tokens_total", stage="c", kind="in") == 900
    assert (value("insert_seconds_count", stage="c"), value("insert_seconds_sum", stage="c")) == (2, 1.0)


def test_a_tick_has_no_records() -> None:
    count(Commit("d", 3, None, None, 1, 1, 0.01))
    assert value("transactions_total", stage="d", partition="3") == 1
    assert value("latency_seconds_count", stage="d") == 0


def test_a_label_that_is_a_text_or_one_too_many_is_other() -> None:
    assert bounded("reasons", "no_evidence") == "no_evidence"
    assert bounded("reasons", "I live in Oslo") == "other"
    assert bounded("reasons", "x" * 49) == "other"
    labels = {bounded("many", f"reason{number}") for number in range(2 * MOST_LABELS)}
    assert len(labels) == MOST_LABELS + 1
    assert "other" in labels


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only where there is /proc")
def test_a_stage_tells_of_its_own_process_too() -> None:
    memory = metrics.STAGE.get_sample_value("process_resident_memory_bytes")
    assert memory is not None
    assert memory > 1 << 20


def test_every_metric_has_a_meaning_a_stage_and_no_label_of_a_person() -> None:
    names = [about.name for about in metrics.ABOUT]
    assert len(names) == len(set(names))
    allowed = {
        "stage", "topic", "partition", "code", "kind", "reason", "answer", "error", "change", "state", "table",
    }  # fmt: skip
    for about in metrics.ABOUT:
        assert about.labels[0] == "stage"
        assert set(about.labels) <= allowed
        assert about.meaning.endswith(".")
