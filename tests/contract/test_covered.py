"""Nothing of the contract is without a case: a new field, state or code fails here until it has one."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest

from schemas.extraction import ClosedBy
from schemas.job import STATES
from schemas.submission import Control, Sent, SentEntity, SentObservation, SentOptions, SentTurn, Submission
from streams.errors import PermanentError
from tests.contract.case import Case
from tests.contract.conftest import CASES

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PLACES: dict[type[Sent], tuple[str, ...]] = {
    Submission: (),
    Control: (),
    SentTurn: ("turns",),
    SentObservation: ("turns", "observations"),
    SentEntity: ("entities",),
    SentOptions: ("options",),
}
"""Where a model's fields stand in a record."""
FIELDS = [(model, field) for model in PLACES for field in model.model_fields]

ELSEWHERE = {
    "failed": (
        "tests/streams/resolve/test_jobs.py",
        "test_a_job_without_any_good_window_has_failed_with_its_first_and_last_error",
    ),
    "EXTRACTION_FAILED": (
        "tests/streams/resolve/test_agents.py",
        "test_a_failed_window_is_a_dead_letter_with_its_bytes_and_may_be_tried_again",
    ),
    "INTERNAL": (
        "tests/contract/test_internal.py",
        "test_each_stage_gives_up_the_record_that_crashes_it_three_times",
    ),
    "deferred": (
        "tests/streams/sink/test_views.py",
        "test_a_deferred_job_says_what_its_budget_lacks_until_it_goes_on",
    ),
}
"""What no record can bring about with this stack: which test proves it."""
NOT_YET = {"cancelled"}
"""Words of the contract for what is not there yet: `cancel_job` is refused."""
TIMES = {"accepted_at": "accepted", "buffered_at": "buffered", "processing_at": "processing"}
"""A job shows by its times that it was in a state."""


def _subclasses(kind: type[T]) -> Iterator[type[T]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _records(case: Case) -> Iterator[dict[str, Any]]:
    for sent in case.sent:
        try:
            fields = orjson.loads(sent.value or b"")
        except orjson.JSONDecodeError:
            continue
        if isinstance(fields, dict):
            yield fields


def _parts(fields: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The objects at a path; lists are gone through."""
    if isinstance(fields, list):
        for part in fields:
            yield from _parts(part, path)
    elif isinstance(fields, dict):
        yield from _parts(fields.get(path[0]), path[1:]) if path else (fields,)


def _is_refused(case: Case) -> bool:
    return bool(case.views.get("dead_letters"))


def _values(view: str, column: str) -> set[Any]:
    """What the cases want a column to be."""
    return {
        row[column]
        for case in CASES
        for views in (case.views, case.early)
        for row in views.get(view, ())
        if column in row and isinstance(row[column], str)
    }


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_accepted_in_one_case_and_refused_by_its_path_in_another(model: type[Sent], field: str) -> None:
    is_control = model is Control
    accepted = [
        case
        for case in CASES
        if not _is_refused(case) and case.views
        for fields in _records(case)
        if ("turns" in fields) != is_control
        for part in _parts(fields, PLACES[model])
        if part.get(field) is not None
    ]
    assert accepted, f"no case sends {field}"
    paths = {
        ".".join(part for part in path.split(".") if not part.isdigit()) for path in _values("dead_letters", "field")
    }
    assert ".".join((*PLACES[model], field)) in paths, f"no case is refused for {field}"


def test_every_model_of_what_is_sent_is_looked_at() -> None:
    assert set(PLACES) == set(_subclasses(Sent))


def test_every_end_and_state_of_a_job_is_reached() -> None:
    seen = _values("jobs", "state") | {
        state
        for case in CASES
        for views in (case.views, case.early)
        for row in views.get("jobs", ())
        for column, state in TIMES.items()
        if row.get(column) is not None
    }
    assert seen | ELSEWHERE.keys() | NOT_YET >= set(STATES), set(STATES) - seen
    assert seen <= set(STATES)


def test_every_code_is_the_reason_of_a_refusal() -> None:
    codes = {PermanentError.code, *(kind.code for kind in _subclasses(PermanentError))}
    seen = _values("dead_letters", "code")
    assert seen | ELSEWHERE.keys() | NOT_YET >= codes, codes - seen
    assert seen <= codes


def test_every_way_to_close_a_window_is_met() -> None:
    by_itself = {"age"}  # test_contract.py
    assert _values("extractions", "closed_by") | by_itself == set(ClosedBy.__args__)  # type: ignore[attr-defined]


def test_every_option_has_a_case_that_closes_a_window_or_says_what_it_does() -> None:
    told = " ".join(case.name for case in CASES)
    assert [option for option in SentOptions.model_fields if option not in told] == []


@pytest.mark.parametrize("word", ELSEWHERE)
def test_what_is_proven_elsewhere_is(word: str) -> None:
    """The test is there by its name, and compares something with the word."""
    path, name = ELSEWHERE[word]
    named = [part for part in ast.parse((ROOT / path).read_text()).body if getattr(part, "name", None) == name]
    asserts = [part for test in named for part in ast.walk(test) if isinstance(part, ast.Assert)]
    assert any(isinstance(c, ast.Constant) and c.value == word for a in asserts for c in ast.walk(a)), name


def test_names_of_cases_are_their_own() -> None:
    scopes = [(case.org, case.user) for case in CASES if not case.name.startswith("bytes: ")]
    assert len(scopes) == len(set(scopes))
