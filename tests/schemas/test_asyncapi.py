"""The published contract: up to date, valid, and exactly as strict as ingest."""

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from schemas.dead_letter import to_record
from schemas.generate.asyncapi import SCOPE_KEY
from schemas.generate.examples import REFUSED
from schemas.generate.files import FOLDER, files
from schemas.generate.sent import PUBLIC
from streams.errors import PermanentError, PolicyDenied
from streams.ids import scope_key
from streams.ingest.decode import Policy, read, read_object
from streams.ingest.times import LATEST, MILLIS_FROM
from tests.publishers.clients import AWAY, leave_out, require
from tests.streams.ingest.flow import submission, turn

SPECS = "@asyncapi/specs@6.11.1"
SENT = sorted((FOLDER / "examples" / "turns").glob("*.json"))
RECEIVED = {name: json.loads((FOLDER / "json" / f"{name}.json").read_text()) for name in ("Submission", "Control")}
VALIDATORS = [Draft202012Validator(schema) for schema in RECEIVED.values()]
OPEN = Policy(shared_visibility_orgs=frozenset({"acme"}), models=frozenset({"big"}))


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text(encoding="utf-8"))
    return loaded


def passes(value: object) -> bool:
    """Whether the JSON Schemas take it as the value of a record on `turns`."""
    return any(validator.is_valid(value) for validator in VALIDATORS)


def is_accepted(value: object) -> bool:
    """Whether ingest would, as far as the record alone decides."""
    record = orjson.dumps(value)
    try:
        read(read_object(record), record, OPEN)
    except PolicyDenied:
        return True
    except PermanentError:
        return False
    return True


def test_generated_files_are_up_to_date() -> None:
    stale = [name for name, text in files().items() if (FOLDER / name).read_text(encoding="utf-8") != text]
    assert not stale, "run: python -m schemas.generate"
    assert {f"json/{path.name}" for path in (FOLDER / "json").iterdir()} < files().keys()


@pytest.mark.parametrize("path", sorted((FOLDER / "json").iterdir()), ids=lambda path: path.stem)
def test_every_schema_is_one_of_draft_2020_12(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("path", SENT, ids=lambda path: path.stem)
def test_an_example_of_turns_passes_its_schema_and_ingest(path: Path) -> None:
    value = json.loads(path.read_text())
    Draft202012Validator(RECEIVED[path.name.partition(".")[0]]).validate(value)
    assert is_accepted(value)


def test_one_example_of_turns_says_everything_that_can_be_said() -> None:
    value = json.loads((FOLDER / "examples" / "turns" / "Submission.everything.json").read_text())
    schema = RECEIVED["Submission"]
    parts = {"SentTurn": value["turns"][0], "SentOptions": value["options"], "SentEntity": value["entities"][0],
             "SentObservation": value["turns"][0]["observations"][0]}  # fmt: skip
    assert value.keys() == schema["properties"].keys()
    for name, part in parts.items():
        assert part.keys() == schema["$defs"][name]["properties"].keys()


@pytest.mark.parametrize("event", PUBLIC, ids=lambda event: event.__name__)
def test_a_public_event_passes_its_schema_and_one_without_its_name_does_not(event: type) -> None:
    value = json.loads((FOLDER / "examples" / f"{event.__name__}.v1.json").read_text())
    validator = Draft202012Validator(json.loads((FOLDER / "json" / f"{event.__name__}.json").read_text()))
    validator.validate(value)
    validator.validate(value | {"added_later": 1})
    assert not validator.is_valid(value | {"event": "Other"})
    assert not validator.is_valid(value | {"version": 2})
    assert not validator.is_valid({name: part for name, part in value.items() if name != "event"})


@pytest.mark.parametrize(
    "letter", [REFUSED, REFUSED._replace(value=None, key=None), REFUSED._replace(kept=False, turn_ids=("t",))]
)
def test_the_header_of_a_dead_letter_passes_its_schema(letter: Any) -> None:
    schema = json.loads((FOLDER / "json" / "DeadLetterHeader.json").read_text())
    validator = Draft202012Validator(schema)
    about = json.loads(dict(to_record(letter)[1])["turnlog"])
    validator.validate(about)
    assert about.keys() <= schema["properties"].keys()
    assert not validator.is_valid({name: part for name, part in about.items() if name != "sha256"})


def test_every_example_in_the_document_passes_the_schemas_in_the_document() -> None:
    parts = document()["components"]
    for message in parts["messages"].values():
        validators = [
            Draft7Validator({**message.get(name, {}), "components": parts}) for name in ("payload", "headers")
        ]
        assert message["examples"]
        for example in message["examples"]:
            for validator, name in zip(validators, ("payload", "headers"), strict=True):
                validator.validate(example.get(name, {}))
            assert not validators[0].is_valid([])


@given(st.text(min_size=1), st.text(min_size=1))
def test_the_pattern_of_keys_takes_every_canonical_key(org_id: str, user_id: str) -> None:
    key = scope_key(org_id.encode(errors="ignore").decode() or "a", user_id.encode(errors="ignore").decode() or "b")
    pattern = Draft7Validator({"pattern": SCOPE_KEY})
    assert pattern.is_valid(key.decode())
    assert not pattern.is_valid(f"{key.decode()}/more")


def test_the_document_is_valid_asyncapi(tmp_path: Path) -> None:
    require(("npm", "--version"), ())
    npm = ["npm", "install", "--no-save", "--no-package-lock", "--prefer-offline", "--no-audit", "--no-fund", SPECS]
    fetched = subprocess.run(npm, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    if fetched.returncode and AWAY.search(fetched.stderr):
        leave_out(f"npm cannot fetch {SPECS}: {fetched.stderr.strip().splitlines()[-1]}")
    assert fetched.returncode == 0, fetched.stderr
    specification = json.loads((tmp_path / "node_modules/@asyncapi/specs/schemas/3.0.0.json").read_text())
    validator = Draft7Validator(specification)
    validator.validate(document())
    broken = copy.deepcopy(document())
    broken["operations"]["sendFacts"]["action"] = "shout"
    assert not validator.is_valid(broken)


METADATA_OF_8 = {"1": {"2": [{"4": {"5": {"6": {"7": [1, None]}}}}]}}


@pytest.mark.parametrize(
    "changed",
    [
        {"turns": [turn(role=role)]} for role in ("human", "ai", "model", "bot", "tool", "document")
    ] + [
        {"turns": [turn(timestamp=time)]}
        for time in (0, 1.5, -0.0004, 1_767_225_600, MILLIS_FROM, LATEST, LATEST / 1000, 7258118399.9994, "2024-05-01",
                     "2024-02-29 23:59:59.123456789+02:00", "2024-05-01t12:00:00z", "1970-01-01T01:00:00+01:00")
    ] + [
        {"turns": [turn(observations=[{"content": "c", "occurred_at": time}])]}
        for time in (-2_208_988_800, -2_208_988_800_000, "1900-01-01", 0)
    ] + [
        {"turns": [turn("")] * 200}, {"turns": [turn("x" * 100_000)]}, {"turns": [turn("🙂" * 100_000)]},
        {"turns": [turn(name="", observations=[])]}, {"turns": [turn(name="🙂" * 256)]},
        {"tags": ["same"] * 1000}, {"tags": [str(n) for n in range(64)]}, {"document_tags": None, "tags": []},
        {"metadata": METADATA_OF_8}, {"metadata": {str(n): n for n in range(64)}},
        {"metadata": {str(n): None for n in range(1000)}}, {"metadata": {"n": 1e300, "i": -(2**63), "u": 2**64 - 1}},
        {"entities": [{"text": "x", "type": None, "more": 1}]}, {"options": {}},
        {"options": {"more": 1}}, {"turns": [turn(more=1, observations=[{"content": "c", "more": None}])]},
        {"options": {"max_facts": None}},
        {"visibility": "hive"}, {"type": None}, {"session_id": None}, {"org_id": "/%🙂"}, {"unknown": {"deep": [None]}},
        {"type": "flush", "turns": 3},
    ],
)  # fmt: skip
def test_what_ingest_accepts_passes(changed: dict[str, Any]) -> None:
    value = submission() | changed
    assert is_accepted(value)
    assert passes(value)


@pytest.mark.parametrize(
    "changed",
    [
        {"org_id": ""}, {"org_id": None}, {"user_id": 3}, {"session_id": "s" * 257}, {"session_id": ""},
        {"type": "edit_turn"}, {"type": ["flush"]}, {"type": 1}, {"type": "flush", "session_id": 1},
        {"turns": []}, {"turns": None}, {"turns": [turn()] * 201}, {"turns": {"0": turn()}}, {"turns": [turn(), None]},
        {"turns": [turn(role="root")]}, {"turns": [turn(role=1)]}, {"turns": [turn(role=None)]},
        {"turns": [{"role": "user"}]}, {"turns": [turn("x" * 100_001)]}, {"turns": [turn() | {"text": None}]},
        {"turns": [turn(timestamp=True)]}, {"turns": [turn(timestamp="soon")]}, {"turns": [turn(timestamp=-1)]},
        {"turns": [turn(timestamp=LATEST + 1)]}, {"turns": [turn(timestamp=10_000_000_000)]},
        {"turns": [turn(timestamp="2024-13-01")]}, {"turns": [turn(timestamp="2024-05-01T24:00:00Z")]},
        {"turns": [turn(timestamp="2024-05-01T12:00Z")]}, {"turns": [turn(event_id="")]},
        {"turns": [turn(event_id="e" * 257)]}, {"turns": [turn(name="n" * 257)]},
        {"turns": [turn(observations=[{"content": ""}])]}, {"turns": [turn(observations=[None])]},
        {"turns": [turn(observations=[{"content": "c", "confidence": 2}])]},
        {"turns": [turn(observations=[{"content": "c", "confidence": "0.5"}])]},
        {"turns": [turn(observations=[{"content": "c", "occurred_at": "x"}])]},
        {"turns": [turn(observations=[{"content": "c"}] * 101)]},
        {"options": {"max_facts": 101}}, {"options": {"max_facts": 0}}, {"options": {"max_facts": 1.5}},
        {"options": {"infer": 1}}, {"options": []}, {"options": {"model": "m" * 257}},
        {"entities": [{"text": "x" * 257}]}, {"entities": [{"text": ""}]}, {"entities": [None]}, {"entities": {}},
        {"tags": [str(n) for n in range(65)]}, {"tags": "one"}, {"tags": [None]}, {"document_tags": ["t" * 129]},
        {"metadata": []}, {"metadata": {str(n): n for n in range(65)}}, {"metadata": {"1": METADATA_OF_8}},
        {"visibility": "public"}, {"title": "t" * 257}, {"context": "c" * 1001}, {"job_id": ""}, {"job_id": 7},
        {"document_id": "d" * 257}, {"collection_id": []},
    ],
)  # fmt: skip
def test_what_ingest_refuses_for_its_structure_does_not_pass(changed: dict[str, Any]) -> None:
    value = submission() | changed
    assert not is_accepted(value)
    assert not passes(value)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
numbers = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1, 1)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.sampled_from(["user", "flush", "2024-05-01", "hive"]),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(texts, parts, max_size=3),
    max_leaves=6,
)


def nearly(right: dict[str, st.SearchStrategy[Any]], *required: str) -> st.SearchStrategy[dict[str, Any]]:
    """An object whose fields are right or null; now and then one holds anything, or is one that nobody knows."""
    fields = {name: value if name in required else st.none() | value for name, value in right.items()}
    spoilt: st.SearchStrategy[dict[str, Any]] = st.just({}) | st.dictionaries(
        st.sampled_from([*right, "other"]), anything, max_size=1
    )
    return st.builds(dict.__or__, st.fixed_dictionaries(fields), spoilt)


ids = st.sampled_from(["a", "/", "🙂" * 256])
labels = st.sampled_from(["", "t", "🙂" * 64])
flags = st.booleans()
times = st.sampled_from(["2024-05-01", "2024-02-29T23:59:59.5Z", 0, 1.5, MILLIS_FROM, LATEST, -0.0004])
few = st.lists(labels, max_size=3)
observations = nearly(
    {"content": ids, "type": labels, "confidence": st.floats(0, 1) | st.integers(0, 1), "occurred_at": times}, "content"
)
turns = nearly(
    {
        "role": st.sampled_from(["user", "human", "tool"]), "text": texts, "name": labels, "timestamp": times,
        "event_id": ids, "observations": st.lists(observations, max_size=2),
    },
    "role", "text",
)  # fmt: skip
options = nearly(
    dict.fromkeys(("write_active", "write_passive", "infer", "dry_run", "flush"), flags)
    | {"max_facts": st.integers(1, 100), "model": labels}
)
submissions = nearly(
    {
        "type": st.just("submission"), "org_id": ids, "user_id": ids, "session_id": ids,
        "turns": st.lists(turns, min_size=1, max_size=2), "job_id": ids, "document_id": labels, "collection_id": labels,
        "title": labels, "context": labels, "entities": st.lists(nearly({"text": ids, "type": labels}, "text")),
        "tags": few, "document_tags": few, "metadata": st.dictionaries(texts, anything, max_size=3),
        "visibility": st.sampled_from(["user", "hive"]), "options": options,
    },
    "org_id", "user_id", "turns",
)  # fmt: skip


@given(submissions)
def test_the_schema_is_never_stricter_than_ingest(value: dict[str, Any]) -> None:
    assert passes(value) or not is_accepted(value)
