"""`memory_now`: what is known, and what was said whose facts are still to come."""

from typing import Any

import pytest

from tests.streams.sink.store import Record, Store, event_record, fact

pytestmark = pytest.mark.clickhouse


def shares(**units: tuple[int, int]) -> list[dict[str, object]]:
    """Of each job: its units in the window, and in all."""
    return [{"job_id": job_id, "units": here, "total": total, "tokens": 1} for job_id, (here, total) in units.items()]


def extracted(org: str, key: str, jobs: list[dict[str, object]], window: str = "") -> Record:
    """A result of a window, which is one for each key if nothing else is said."""
    ids: dict[str, Any] = {"org_id": org, "extraction_key": key, "window_id": window or key}
    return event_record("WindowExtracted", topic="results", jobs=jobs, **ids)


def resolved(org: str, key: str, window: str = "") -> Record:
    return event_record("WindowResolved", topic="facts.g1", org_id=org, extraction_key=key, window_id=window or key)


def said(org: str, job_id: str, **changes: Any) -> Record:
    turn = {"turn_id": f"turn of {job_id}", "role": "user", "text": "I live in Oslo.", "said_at": 1, "index": 0}
    options = changes.pop("options", {})
    return event_record("SubmissionAccepted", org_id=org, job_id=job_id, turns=[turn], options=options, **changes)


def pending(store: Store, org: str) -> set[str]:
    return {row["id"].removeprefix("turn of ") for row in store.view("memory_now", org) if row["pending"]}


def test_a_turn_is_pending_until_all_windows_of_its_job_are_resolved(store: Store, org: str) -> None:
    store.write([said(org, "a"), said(org, "b")])
    assert pending(store, org) == {"a", "b"}
    store.write([extracted(org, "1", shares(a=(1, 2), b=(1, 1))), extracted(org, "2", shares(a=(1, 2)))])
    assert pending(store, org) == {"a", "b"}
    store.write([resolved(org, "1")])
    assert pending(store, org) == {"a"}
    store.write([resolved(org, "2"), resolved(org, "2")])
    assert pending(store, org) == set()


def test_a_dry_run_and_the_real_window_are_kept_apart_by_their_windows(store: Store, org: str) -> None:
    store.write([said(org, "a")])
    store.write([extracted(org, "1", shares(tried=(1, 1)), "dry"), resolved(org, "1", "dry")])
    store.write([extracted(org, "1", shares(a=(1, 1)), "real")])
    assert pending(store, org) == {"a"}
    store.write([resolved(org, "1", "real")])
    assert pending(store, org) == set()


def test_a_window_that_was_extracted_twice_covers_its_units_once(store: Store, org: str) -> None:
    store.write([said(org, "a")])
    for key in ("1", "2"):
        store.write([extracted(org, key, shares(a=(1, 2)), "one"), resolved(org, key, "one")])
    assert pending(store, org) == {"a"}


@pytest.mark.parametrize(
    "changes",
    [{"options": {"write_passive": False}}, {"options": {"write_active": False}}, {"outcome": "completed_empty"}],
    ids=["no facts asked for", "not to be read at once", "nothing to extract"],
)
def test_a_turn_that_waits_for_no_facts_is_not_pending(store: Store, org: str, changes: dict[str, object]) -> None:
    store.write([said(org, "a", **changes)])
    assert pending(store, org) == set()


def test_memory_holds_active_facts_that_have_not_expired(store: Store, org: str) -> None:
    later = 4_102_444_800_000
    store.write(
        [
            fact(org, 1, fact_id="active", status="active"),
            fact(org, 1, fact_id="until later", status="active", expires_at=later),
            fact(org, 1, fact_id="expired", status="active", expires_at=1_000),
            fact(org, 1, fact_id="superseded", status="superseded"),
        ]
    )
    assert {row["id"] for row in store.view("memory_now", org)} == {"active", "until later"}
