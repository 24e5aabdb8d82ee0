"""Real conversations and real dirt, where TURNLOG_DATA names the folder that holds them."""

import base64
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.streams.ingest.flow import Flow, strings_in

FOLDER = Path(os.environ.get("TURNLOG_DATA", "/nowhere"))
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="TURNLOG_DATA names no folder")


def lines(name: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / name).open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def unpacked(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def outcome_of(flow: Flow, case: dict[str, Any]) -> str:
    headers = [(name, base64.b64decode(value)) for name, value in case.get("headers", [])]
    logged, dead = len(flow.log), len(flow.dead)
    flow.send(unpacked(case["value_b64"]), key=unpacked(case["key_b64"]), headers=headers)
    events, letters = flow.log[logged:], flow.dead[dead:]
    if letters:
        assert not events
        assert letters[0].value == unpacked(case["value_b64"])
        return "reject"
    (event,) = events
    return "accept" if event["event"] == "SubmissionAccepted" and event["turns"] else "duplicate"


def test_every_dirty_record_ends_as_it_should() -> None:
    flow = Flow()
    for case in lines("dirty_sample.jsonl"):
        allowed = [outcome.partition("_of:")[0] for outcome in (case["expect"], *case["alt"])]
        logged, dead = len(flow.log), len(flow.dead)
        assert outcome_of(flow, case) in allowed, case["id"]
        forbidden = [base64.b64decode(text).decode() for text in case.get("forbid_b64", ())]
        said = [*flow.log[logged:], *(letter._replace(value=None)._asdict() for letter in flow.dead[dead:])]
        if case["group"] == "secret":
            assert not any(secret in text for secret in forbidden for text in strings_in(said)), case["id"]


def submissions_of(turns: Iterator[dict[str, Any]], *group: str) -> Iterator[dict[str, Any]]:
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for turn in turns:
        grouped[tuple(turn[name] for name in group)].append(turn)
    for said in grouped.values():
        yield {
            "org_id": said[0]["source"],
            "user_id": said[0]["conversation_id"],
            "session_id": said[0]["session_id"],
            "turns": [
                {
                    "event_id": turn["turn_id"], "name": turn["speaker"], "role": turn["role"], "text": turn["text"],
                    "timestamp": turn["timestamp"],
                }
                for turn in said
            ],
        }  # fmt: skip


def test_a_client_that_resends_everything_brings_each_turn_once() -> None:
    flow = Flow()
    for sent in submissions_of(lines("hermes.deliveries.jsonl"), "conversation_id", "session_id", "delivery"):
        flow.send(sent)
    accepted = [event for event in flow.log if event["event"] == "SubmissionAccepted"]
    assert len(flow.log) == 44
    assert sum(event["turns_in"] for event in flow.log) == 452
    assert sum(len(event["turns"]) for event in accepted) == 88
    assert (
        sum(len(event["turns"]) + event.get("turns_duplicate", 0) for event in accepted)
        + sum(event["turns_in"] for event in flow.log if event["event"] == "JobResubmitted")
        == 452
    )
    assert not flow.dead


def test_a_corpus_is_stored_letter_for_letter_once() -> None:
    flow = Flow()
    sent = list(lines("locomo.turns.jsonl"))
    for again in range(2):
        for submission in submissions_of(iter(sent), "conversation_id", "session_id"):
            flow.send(submission, partition=again)
    stored = [turn["text"] for event in flow.log for turn in event.get("turns", ())]
    assert sorted(stored) == sorted(turn["text"] for turn in sent)
    assert not flow.dead
