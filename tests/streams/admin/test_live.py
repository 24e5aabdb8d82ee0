"""Which generation readers see: one row, changed in one moment, for every view of a statement.

TURNLOG_FLIP_QUERIES says how many are asked during flips; README says with how many it was done.
"""

import os
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from streams.adapters.clickhouse import Database
from streams.admin.live import FIRST, Live, find_dropped, find_live, flip, follow_live, promoted, rolled_back
from streams.errors import ConfigurationError
from streams.local.clickhouse.local import LocalClickHouse
from streams.settings import Settings
from tests.streams.sink.store import Store, fresh_store

QUERIES = int(os.environ.get("TURNLOG_FLIP_QUERIES", "120"))
THREADS = 4
QUESTIONS = {
    "views side by side": "SELECT (SELECT count() FROM facts) AS facts, (SELECT count() FROM jobs) AS jobs",
    "views joined": "SELECT facts, jobs FROM (SELECT 1 AS one, count() AS facts FROM facts) AS f "
    "JOIN (SELECT 1 AS one, count() AS jobs FROM jobs) AS j USING one",
    "a union": "SELECT sumIf(n, of = 'facts') AS facts, sumIf(n, of = 'jobs') AS jobs FROM "
    "(SELECT 'facts' AS of, count() AS n FROM facts UNION ALL SELECT 'jobs', count() FROM jobs)",
    "one in the other": "SELECT count() AS facts, (SELECT count() FROM jobs) AS jobs FROM facts "
    "WHERE fact_id IN (SELECT job_id FROM jobs)",
    "the live one named": "SELECT (SELECT count() FROM facts) AS facts, "
    "(SELECT facts FROM generations WHERE live) AS jobs",
    "time between the reads": "SELECT facts, jobs FROM (SELECT 1 AS one, count() AS facts FROM facts) AS f "
    "JOIN (SELECT 1 AS one, count() AS jobs FROM jobs WHERE sleep(0.05) = 0) AS j USING one",
}
"""Each answers with the number of facts and of jobs, which tell the generation."""
SIZES = {1: 30, 2: 70}


@pytest.fixture
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        yield store


def test_going_back_leads_along_the_way_that_was_come() -> None:
    third = promoted(promoted(FIRST, 2), 3)
    assert third == Live(3, (1, 2), 2)
    back = rolled_back(third, frozenset())
    assert back == Live(2, (1,), 3)
    assert rolled_back(back, frozenset()) == Live(1, (), 4)
    assert rolled_back(third, frozenset({2})) == Live(1, (), 3), "past one that was dropped"
    for live in (FIRST, back._replace(before=())):
        with pytest.raises(ConfigurationError, match="none that still exists was live before it"):
            rolled_back(live, frozenset())
    with pytest.raises(ConfigurationError):
        rolled_back(back, frozenset({1}))


@pytest.mark.clickhouse
def test_the_last_flip_is_what_readers_see(store: Store) -> None:
    assert find_live(store.tables, store.name) == FIRST
    flip(store.tables, store.name, promoted(FIRST, 7))
    assert find_live(store.tables, store.name) == Live(7, (1,), 1)
    flip(store.tables, store.name, rolled_back(Live(7, (1,), 1), frozenset()))
    assert find_live(store.tables, store.name) == Live(1, (), 2)


@pytest.mark.clickhouse
def test_without_a_database_the_first_generation_is_live(clickhouse: LocalClickHouse) -> None:
    client = Database(clickhouse.address)
    try:
        assert (find_live(client, "never_made"), find_dropped(client, "never_made")) == (FIRST, frozenset())
    finally:
        client.close()


@pytest.mark.clickhouse
def test_settings_that_name_no_generation_follow_the_live_one(store: Store) -> None:
    flip(store.tables, store.name, promoted(FIRST, 2))
    assert follow_live(store.settings).generation == 2
    assert follow_live(Settings(generation=1, clickhouse="http://127.0.0.1:1")).generation == 1, "and nobody is asked"


@pytest.mark.clickhouse
def test_every_query_during_flips_is_answered_from_one_generation(store: Store) -> None:
    for generation, size in SIZES.items():
        fill(store, generation, size)
    stop, flips = threading.Event(), Counter[int]()
    flipping = threading.Thread(target=flip_until, args=(store, stop, flips))
    flipping.start()
    found: dict[str, Counter[tuple[int, int]]] = {name: Counter() for name in QUESTIONS}
    times = 1 + QUERIES // (THREADS * len(QUESTIONS))
    asking = [threading.Thread(target=ask, args=(store, found, times)) for _ in range(THREADS)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    stop.set()
    flipping.join()
    whole = {(size, size) for size in SIZES.values()}
    assert {name: set(answers) for name, answers in found.items()} == dict.fromkeys(QUESTIONS, whole)
    assert sum(answers.total() for answers in found.values()) >= QUERIES
    assert min(flips.values()) > 5


def fill(store: Store, generation: int, size: int) -> None:
    data = f"{store.name}_data"
    store.tables.execute(
        f"INSERT INTO {data}.facts (org_id, user_id, fact_id, generation, revision, status) "
        f"SELECT 'acme', 'ann', toString(number), {generation}, 1, 'active' FROM numbers({size})"
    )
    store.tables.execute(
        f"INSERT INTO {data}.job_parts (org_id, user_id, job_id, generation, attempt, part, revision, state) "
        f"SELECT 'acme', 'ann', toString(number), {generation}, 1, 'accepted', 1, 'accepted' FROM numbers({size})"
    )


def flip_until(store: Store, stop: threading.Event, flips: Counter[int]) -> None:
    """To the second generation and back, every few milliseconds."""
    client, live = Database(store.address), FIRST
    while not stop.wait(0.03):
        live = rolled_back(live, frozenset()) if live.before else promoted(live, 2)
        flip(client, store.name, live)
        flips[live.generation] += 1
    client.close()


def ask(store: Store, found: dict[str, Counter[tuple[int, int]]], times: int) -> None:
    client = Database(store.address, database=store.name)
    for _ in range(times):
        for name, question in QUESTIONS.items():
            (row,) = client.query(question)
            found[name][int(row["facts"]), int(row["jobs"])] += 1
    client.close()
