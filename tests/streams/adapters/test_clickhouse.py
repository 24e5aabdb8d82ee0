"""The database's adapter: which trouble is worth another try, and that what is written is what was sent."""

import sys
from collections.abc import Callable, Iterator
from subprocess import run
from uuid import uuid4

import pytest

from streams.adapters.clickhouse import Backoff, Database, Refused, patiently
from streams.errors import Internal, TransientError
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.ports import find_free_ports


@pytest.fixture
def client(clickhouse: LocalClickHouse) -> Iterator[Database]:
    client = Database(clickhouse.address)
    yield client
    client.close()


@pytest.fixture
def table(client: Database) -> Iterator[str]:
    name = f"t{uuid4().hex[:12]}"
    client.execute(f"CREATE DATABASE {name} ENGINE = Atomic")
    client.execute(f"CREATE TABLE {name}.numbers (number UInt64, text String) ENGINE = MergeTree ORDER BY number")
    yield f"{name}.numbers"
    client.execute(f"DROP DATABASE {name} SYNC")


def failing(times: int) -> Callable[[], str]:
    left = [TransientError("away")] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


def test_waits_grow_up_to_the_longest() -> None:
    backoff = Backoff(first=0.1, factor=2, longest=0.5, deadline=10)
    assert [round(backoff.delay(attempt), 3) for attempt in (1, 2, 3, 4, 1_000)] == [0.1, 0.2, 0.4, 0.5, 0.5]


async def test_what_fails_for_a_while_succeeds_in_the_end() -> None:
    assert await patiently(failing(3), Backoff(first=0.001, deadline=10)) == "done"


async def test_patience_ends_before_the_deadline_would_pass() -> None:
    hours = iter(range(100))
    with pytest.raises(TransientError, match="away"):
        await patiently(failing(100), Backoff(first=0.001, deadline=5), clock=lambda: next(hours))
    assert next(hours) <= 7


async def test_a_refusal_is_not_tried_again() -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        raise Refused("no")

    with pytest.raises(Refused):
        await patiently(work, Backoff(first=0.001))
    assert len(calls) == 1


def test_a_database_that_is_away_is_transient_trouble() -> None:
    (port,) = find_free_ports(1)
    with pytest.raises(TransientError, match="ClickHouse"):
        Database(f"http://127.0.0.1:{port}", timeout_s=1).query("SELECT 1")


@pytest.mark.clickhouse
def test_what_is_inserted_comes_back(client: Database, table: str) -> None:
    client.insert(table, ["number", "text"], [range(3), ["a", "b", "c"]])
    client.insert(table, ["number", "text"], [[7], ["d"]])
    rows = client.query(f"SELECT * FROM {table} WHERE number > {{least:UInt64}} ORDER BY number", {"least": 0})
    assert rows == [{"number": 1, "text": "b"}, {"number": 2, "text": "c"}, {"number": 7, "text": "d"}]


@pytest.mark.clickhouse
def test_an_insert_of_many_blocks_is_whole(client: Database, table: str) -> None:
    client.insert(table, ["number", "text"], [range(20_000), ["x" * 500] * 20_000])
    assert client.query(f"SELECT count() AS rows, sum(length(text)) AS size FROM {table}") == [
        {"rows": 20_000, "size": 10_000_000}
    ]


@pytest.mark.clickhouse
def test_an_insert_that_was_refused_does_not_spoil_the_next(client: Database, table: str) -> None:
    with pytest.raises(Internal):
        client.insert(table, ["number", "text"], [["no number"], ["a"]])
    client.insert(table, ["number", "text"], [[1], ["a"]])
    assert client.query(f"SELECT count() AS rows FROM {table}") == [{"rows": 1}]


@pytest.mark.clickhouse
def test_what_was_inserted_is_not_quoted_in_the_error(client: Database, table: str) -> None:
    with pytest.raises(Internal) as refused:
        client.insert(table, ["number", "text"], [["a secret text"], ["a"]])
    assert "secret" not in str(refused.value)


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    ("sql", "code"), [("SELECT * FROM nowhere.nothing", 81), ("SELECT * FROM nothing_here", 60), ("SELEC", 62)]
)
def test_a_refusal_carries_its_number(client: Database, sql: str, code: int) -> None:
    with pytest.raises(Refused) as refused:
        client.query(sql)
    assert refused.value.code == code


@pytest.mark.clickhouse
def test_a_stream_that_breaks_off_is_an_error(client: Database) -> None:
    late = "SELECT throwIf(number = 3000000, 'too far') FROM numbers(4000000) SETTINGS max_block_size = 1000"
    with pytest.raises(Refused, match="too far"):
        for _ in client.stream(late, form="TSVRaw"):
            pass


def test_a_row_that_speaks_of_exceptions_breaks_nothing(client: Database) -> None:
    assert list(client.stream("SELECT '__exception__\\r\\n'", form="JSONEachRow"))


def test_a_stream_gives_the_whole_answer_in_pieces(client: Database) -> None:
    pieces = list(client.stream("SELECT number FROM numbers(100000)", form="TSVRaw"))
    assert len(pieces) > 1
    assert b"".join(pieces).split() == [str(number).encode() for number in range(100_000)]


@pytest.mark.clickhouse
def test_a_query_that_takes_too_long_is_transient_trouble(client: Database) -> None:
    with pytest.raises(TransientError, match="timeout exceeded"):
        client.query(
            "SELECT sum(sleepEachRow(1)) FROM numbers(5) "
            "SETTINGS max_execution_time = 1, function_sleep_max_microseconds_per_block = 0"
        )


def test_an_insert_does_not_import_pandas(clickhouse: LocalClickHouse, client: Database, table: str) -> None:
    """It would cost every sink half a second and much memory."""
    insert = (
        "import sys; from streams.adapters.clickhouse import Database; "
        f"Database({clickhouse.address!r}).insert({table!r}, ['number', 'text'], [[1], ['one']]); "
        "print('pandas' in sys.modules)"
    )
    assert run([sys.executable, "-c", insert], capture_output=True, text=True, check=True).stdout == "False\n"
    assert client.query(f"SELECT text FROM {table}") == [{"text": "one"}]
