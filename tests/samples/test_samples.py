"""The sample conversations: what is counted by hand agrees with the file, and the rules find what must be found."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest

from schemas.extraction import Candidate, JobShare, Unit, WindowClosed, WindowOptions
from schemas.log import Observation
from schemas.submission import FACT_TYPES, ROLE_ALIASES, Submission
from streams.extract.extractor import Reply
from streams.extract.request import request_for
from streams.extract.result import from_reply, verbatim
from streams.extract.rules import Rules, propose
from streams.extract.verbatim import IDENTITY
from streams.ids import scope_key

FOLDER = resources.files("infra") / "samples"
LINES: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "conversations.jsonl").read_text("utf-8").split("\n") if line
]
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))
TOTALS, RECORDS = EXPECTED["totals"], EXPECTED["records"]
Scope = tuple[str, str]


def submission(line: dict[str, Any]) -> dict[str, Any]:
    """The submission of a line, whichever form it has."""
    if "raw_b64" not in line:
        return line
    sent = json.loads(base64.b64decode(line["raw_b64"]))
    assert isinstance(sent, dict)
    return sent


def accepted() -> Iterator[tuple[int, dict[str, Any]]]:
    for record, line in zip(RECORDS, LINES, strict=True):
        if record["outcome"] == "accepted":
            yield record["line"], submission(line)


def unit(sent: dict[str, Any], index: int, offset: int) -> Unit:
    known = [
        Observation(content=part["content"], type=part.get("type"), confidence=part.get("confidence"))
        for part in sent.get("observations", ())
    ]
    return Unit(
        turn_id=f"{sent.get('event_id') or sent.get('timestamp') or offset}",
        offset=offset,
        index=index,
        role=ROLE_ALIASES.get(sent["role"], sent["role"]),
        name=sent.get("name"),
        text=sent["text"],
        said_at=1_746_000_000_000,
        job_id="job",
        observations=tuple(known),
    )


def windows() -> Iterator[WindowClosed]:
    """Each accepted submission as one window: its turns that are new, where they are to be extracted and remembered."""
    seen: set[tuple[str, ...]] = set()
    for number, sent in accepted():
        options = sent.get("options", {})
        if options.get("dry_run") or options.get("write_passive") is False:
            continue
        conversation = (sent["org_id"], sent["user_id"], sent.get("session_id", ""))
        units = [unit(turn, index, number) for index, turn in enumerate(sent["turns"])]
        new = [part for part in units if (*conversation, part.turn_id) not in seen]
        seen.update((*conversation, part.turn_id) for part in new)
        if new:
            yield WindowClosed(
                org_id=sent["org_id"],
                user_id=sent["user_id"],
                generation=1,
                session_id=conversation[2],
                window_id=str(number),
                units=tuple(new),
                options=WindowOptions(
                    infer=options.get("infer", True),
                    max_facts=options.get("max_facts", 20),
                    context=sent.get("context"),
                ),
                jobs=(JobShare(job_id="job", units=1, total=1, tokens=1),),
                closed_by="flush",
                closed_at=1,
            )


def extracted() -> dict[Scope, list[Candidate]]:
    found: dict[Scope, list[Candidate]] = {}
    for window in windows():
        if window.options.infer:
            reply = Reply(proposals=tuple(propose(request_for(window))))
            result = from_reply(
                window,
                key="k",
                identity=Rules().identity(None),
                reply=reply,
                proposals=reply.proposals,
                journal_hit=False,
            )
        else:
            result = verbatim(window, key="k", identity=IDENTITY)
        found.setdefault((window.org_id, window.user_id), []).extend(result.candidates)
    return found


FOUND = extracted()


def says(candidate: Candidate, expected: dict[str, Any]) -> bool:
    exact = all(
        getattr(candidate, field) == expected[field]
        for field in ("type", "predicate", "object", "about", "provenance")
        if field in expected
    )
    quotes = [evidence.quote or "" for evidence in candidate.evidence]
    return (
        exact
        and expected.get("content", "") in candidate.content
        and any(expected.get("quote", "") in quote for quote in quotes)
    )


@pytest.mark.parametrize("expected", EXPECTED["must"], ids=lambda expected: json.dumps(expected, ensure_ascii=False))
def test_what_must_be_found_is_found(expected: dict[str, Any]) -> None:
    assert any(says(candidate, expected) for candidate in FOUND[expected["org_id"], expected["user_id"]])


@pytest.mark.parametrize("forbidden", EXPECTED["must_not"], ids=lambda forbidden: str(forbidden["fragment"]))
def test_what_must_not_be_found_is_not(forbidden: dict[str, Any]) -> None:
    for (org_id, user_id), candidates in FOUND.items():
        if (forbidden.get("org_id", org_id), forbidden.get("user_id", user_id)) != (org_id, user_id):
            continue
        for candidate in candidates:
            if forbidden.get("predicate", candidate.predicate) == candidate.predicate:
                texts = [candidate.content, candidate.object or "", *(part.quote or "" for part in candidate.evidence)]
                assert forbidden["fragment"] not in " ".join(texts)


def test_values_follow_each_other_in_event_time() -> None:
    """Publishing order is another: the values of a slot are ordered by when their turns were said."""
    for timeline in EXPECTED["timelines"]:
        said: list[tuple[str, str]] = []
        for _, sent in accepted():
            if (sent["org_id"], sent["user_id"]) == (timeline["org_id"], timeline["user_id"]):
                for window_turn in sent["turns"]:
                    request = request_for(_alone(window_turn))
                    said += [
                        (str(window_turn.get("timestamp", "")), part.object or "")
                        for part in propose(request)
                        if (part.subject, part.predicate) == (timeline["subject"], timeline["predicate"])
                    ]
        assert [value for _, value in sorted(set(said))] == timeline["values"]


def _alone(sent: dict[str, Any]) -> WindowClosed:
    return next(windows()).model_copy(update={"units": (unit(sent, 0, 0),)})


def test_every_line_has_its_outcome() -> None:
    assert [record["line"] for record in RECORDS] == list(range(1, len(LINES) + 1))
    outcomes = Counter(record["outcome"] for record in RECORDS)
    assert TOTALS["published"] == len(LINES)
    assert outcomes == {
        "accepted": TOTALS["accepted"],
        "resubmitted": TOTALS["resubmitted"],
        "control": TOTALS["controls"],
        "refused": TOTALS["refused"],
    }
    assert sum(TOTALS["jobs"].values()) == TOTALS["accepted"]
    assert Counter(record["code"] for record in RECORDS if "code" in record) == TOTALS["dead_letters"]


def test_turns_add_up() -> None:
    counts = [record["turns"] for record in RECORDS if record["outcome"] == "accepted"]
    stored, duplicate, conflicting = (sum(column) for column in zip(*counts, strict=True))
    assert (stored, duplicate, conflicting) == (
        TOTALS["turns_stored"],
        TOTALS["turns_duplicate"],
        TOTALS["turns_conflicting"],
    )
    sent = sum(len(each["turns"]) for _, each in accepted())
    assert sent == stored + duplicate + conflicting + TOTALS["turns_dry_run"]


def test_accepted_lines_are_valid_submissions() -> None:
    scopes = set()
    for _, sent in accepted():
        valid = Submission.model_validate(sent)
        scopes.add((valid.org_id, valid.user_id))
    assert len(scopes) == TOTALS["scopes"]


def test_lines_have_one_of_the_two_forms() -> None:
    for line in LINES:
        if "raw_b64" in line:
            assert set(line) <= {"raw_b64", "key_b64", "headers"}
            assert line["raw_b64"] is None or base64.b64decode(line["raw_b64"], validate=True)
        elif "user_id" in line:
            assert scope_key(line["org_id"], line["user_id"])


def test_expected_types_are_the_contracts() -> None:
    assert {expected["type"] for expected in EXPECTED["must"] if "type" in expected} <= set(FACT_TYPES)
