"""The server speaks ClickHouse's protocol, as its clients use it."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator
from typing import Any, NamedTuple

import clickhouse_connect
import lz4.frame
import pytest

from streams.local.clickhouse.local import LocalClickHouse

pytestmark = pytest.mark.clickhouse


class Reply(NamedTuple):
    status: int
    code: str | None
    body: bytes
    headers: dict[str, str]


class Http:
    """Plain HTTP, for what client libraries would hide."""

    def __init__(self, port: int, database: str) -> None:
        self.port, self.database = port, database

    def send(self, sql: str, body: bytes = b"", *, method: str = "POST", encoding: str = "", **query: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        address = "/?" + urllib.parse.urlencode({"query": sql, "database": self.database, **query})
        try:
            connection.request(method, address, body, {"Content-Encoding": encoding} if encoding else {})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers.get("x-clickhouse-exception-code"), response.read(), headers)
        finally:
            connection.close()

    def text(self, sql: str, **query: Any) -> str:
        reply = self.send(sql, **query)
        assert reply.status == 200, reply
        return reply.body.decode().rstrip("\n")


@pytest.fixture
def client(clickhouse: LocalClickHouse) -> Iterator[Any]:
    with clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port) as root:
        root.command("CREATE DATABASE server ENGINE = Atomic")
        with clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port, database="server") as client:
            yield client
        root.command("DROP DATABASE server SYNC")


@pytest.fixture
def web(clickhouse: LocalClickHouse, client: Any) -> Http:
    client.command("CREATE TABLE t (x UInt64, s String) ENGINE = MergeTree ORDER BY x")
    return Http(clickhouse.port, "server")


def native(client: Any, rows: int) -> bytes:
    data: bytes = client.raw_query(f"SELECT number AS x, toString(number) AS s FROM numbers({rows})", fmt="Native")
    return data


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
def test_every_row_of_a_compressed_insert_of_many_blocks_is_stored(
    clickhouse: LocalClickHouse, web: Http, compress: str | bool
) -> None:
    rows = 300_000
    columns = [list(range(rows)), [f"text {number}" for number in range(rows)]]
    port = clickhouse.port
    with clickhouse_connect.get_client(host="127.0.0.1", port=port, database="server", compress=compress) as client:
        summary = client.insert("t", columns, column_names=["x", "s"], column_oriented=True)
        assert summary.written_rows == rows
        assert client.query("SELECT count(), uniqExact(x), max(s) FROM t").result_rows == [(rows, rows, "text 99999")]


def test_rows_that_could_not_be_stored_are_not_acknowledged(client: Any) -> None:
    """The engine's streamed insert reports success for such: a full disk, a violated constraint."""
    client.command(
        "CREATE OR REPLACE TABLE silent (a UInt32, CONSTRAINT small CHECK a < 10) ENGINE = MergeTree ORDER BY a"
    )
    client.insert("silent", [[1], [2]], column_names=["a"])
    with pytest.raises(Exception, match="469"):
        client.insert("silent", [[3], [100]], column_names=["a"])
    client.insert("silent", [[4]], column_names=["a"])
    assert client.query("SELECT groupArraySorted(9)(a) FROM silent").result_rows == [([1, 2, 4],)]


def test_an_insert_after_a_failure_of_another_kind_is_stored_at_once(web: Http) -> None:
    """Errors are counted for the whole process: what a query met is not laid to the insert after it."""
    rows = [f"{number}\ta\n".encode() for number in range(4)]
    for row in rows[:2]:
        assert web.send("INSERT INTO t FORMAT TSV", row).status == 200
    assert web.send("SELECT throwIf(1)").code == "395"
    assert web.send("INSERT INTO t FORMAT TSV", rows[2]).status == 200
    assert web.send("INSERT INTO t FORMAT TSV", rows[3]).status == 200
    assert web.text("SELECT groupArraySorted(9)(x) FROM t") == "[0,1,2,3]"


def test_a_truncated_insert_is_refused_and_stores_nothing(client: Any, web: Http) -> None:
    whole = lz4.frame.compress(native(client, 1000))
    reply = web.send("INSERT INTO t FORMAT Native", whole + whole[:-5], encoding="lz4")
    assert (reply.status, reply.code) == (400, "271")
    assert web.text("SELECT count() FROM t") == "0"
    assert web.send("INSERT INTO t FORMAT Native", whole + whole, encoding="lz4").status == 200
    assert web.text("SELECT count() FROM t") == "2000"


def test_an_insert_may_come_whole_in_the_body(web: Http) -> None:
    for body in (b"INSERT INTO t FORMAT CSV\n1,a\n2,b\n", b"INSERT INTO t VALUES (3, 'c'), (4, 'd;')"):
        assert web.send("", body).status == 200
    assert web.text("SELECT groupConcat(s) FROM (SELECT s FROM t ORDER BY x)") == "abcd;"


def test_the_summary_counts_what_was_written(web: Http) -> None:
    reply = web.send("INSERT INTO t FORMAT TSV", b"1\ta\n2\tb\n")
    assert json.loads(reply.headers["x-clickhouse-summary"])["written_rows"] == "2"


@pytest.mark.parametrize(
    "sql", ["SELECT x, s FROM t WHERE x > {least:UInt64}", "WITH 1 AS one SELECT x, s FROM t LIMIT 0 -- none"]
)
def test_a_result_without_rows_has_its_columns(client: Any, web: Http, sql: str) -> None:
    found = client.query(sql, parameters={"least": 5})
    assert (found.column_names, found.result_rows) == (("x", "s"), [])
    assert [kind.name for kind in found.column_types] == ["UInt64", "String"]


def test_other_statements_without_rows_have_their_columns_too(client: Any, web: Http) -> None:
    assert client.query("SHOW TABLES LIKE 'nothing'").column_names == ("name",)


def test_errors_come_in_the_form_of_clickhouse(web: Http) -> None:
    assert web.send("SELECT 1; SELECT 2")[:2] == (400, "62")
    assert web.send("SELECT * FROM missing")[:2] == (404, "60")
    assert web.send("SELECT 1", user="nobody")[:2] == (401, "516")
    assert web.send("SELECT * FROM file('/etc/hosts')", user="reader")[:2] == (403, "497")
    assert web.send("DROP TABLE t", method="GET")[:2] == (500, "164")
    assert web.send("SELECT 1", decompress="1")[:2] == (501, "48")
    body = web.send("SELECT nonsense FROM t").body
    assert body.startswith(b"Code: 47. DB::Exception: ")


def test_an_error_in_the_middle_of_a_result_reaches_the_client(client: Any) -> None:
    with pytest.raises(clickhouse_connect.driver.exceptions.Error, match="non-zero"):
        client.query("SELECT throwIf(number = 3000000) FROM numbers(10000000)")


def test_a_reader_reads_and_changes_nothing(clickhouse: LocalClickHouse, web: Http) -> None:
    reader = clickhouse_connect.get_client(host="127.0.0.1", port=clickhouse.port, username="reader", database="server")
    with reader:
        assert reader.query("SELECT count() FROM t").result_rows == [(0,)]
        for statement in ("INSERT INTO t VALUES (1, 'a')", "DROP TABLE t", "SET max_threads = 1", "KILL QUERY WHERE 1"):
            with pytest.raises(clickhouse_connect.driver.exceptions.DatabaseError):
                reader.command(statement)
    assert web.send("SELECT 1 SETTINGS max_execution_time = 0", user="reader").code == "164"
    assert web.send("SELECT sleepEachRow(0.1) FROM numbers(20)", user="reader", max_execution_time="1").code == "159"


def test_parameters_settings_and_formats_are_taken_from_the_request(web: Http) -> None:
    assert web.text("SELECT {a:UInt64} + {b:UInt64}", param_a="2", param_b="3") == "5"
    assert web.text("SELECT getSetting('max_threads'), getSetting('async_insert')", max_threads="3") == "3\tfalse"
    assert web.send("SELECT 1 AS a", default_format="JSONEachRow").body == b'{"a":1}\n'
    assert web.send("SELECT 1 AS a FORMAT CSVWithNames").body == b'"a"\n1\n'


def test_a_session_keeps_its_settings_and_tables_and_no_others(web: Http) -> None:
    for statement in ("SET max_threads = 3", "CREATE TEMPORARY TABLE mine AS SELECT 7 AS seven"):
        assert web.send(statement, session_id="a").status == 200
    assert web.text("SELECT seven, getSetting('max_threads') FROM mine", session_id="a") == "7\t3"
    assert web.text("SELECT getSetting('max_threads')", session_id="a", max_threads="5") == "5"
    assert web.text("SELECT getSetting('max_threads')", session_id="a") == "3"
    assert web.send("SELECT * FROM mine", session_id="b").code == "60"
    assert web.send("SELECT 1", session_id="c", session_check="1").code == "372"


def test_a_session_takes_one_request_at_a_time(clickhouse: LocalClickHouse, web: Http) -> None:
    assert web.send("SET max_threads = 1", session_id="busy").status == 200
    connection = http.client.HTTPConnection("127.0.0.1", clickhouse.port, timeout=30)
    connection.request("POST", "/?session_id=busy", b"SELECT sleep(1) FORMAT JSON")
    try:
        codes = {web.send("SELECT 1", session_id="busy").code for _ in range(20)}
        assert codes == {"373"}
        assert connection.getresponse().status == 200
    finally:
        connection.close()


async def test_the_asynchronous_client_works_side_by_side(clickhouse: LocalClickHouse, web: Http) -> None:
    client = await clickhouse_connect.get_async_client(host="127.0.0.1", port=clickhouse.port, database="server")
    try:
        await client.insert("t", [[number, "a"] for number in range(1000)], column_names=["x", "s"])
        found = await client.query("SELECT count() FROM t")
        assert found.result_rows == [(1000,)]
    finally:
        await client.close()


def test_the_tables_and_views_of_a_sink_work(client: Any) -> None:
    client.command(
        "CREATE TABLE facts (scope String, id UInt64, text String, revision UInt64)"
        " ENGINE = ReplacingMergeTree(revision) ORDER BY (scope, id)"
    )
    client.command("CREATE VIEW current AS SELECT * FROM facts FINAL")
    client.command("CREATE VIEW of_scope AS SELECT * FROM facts FINAL WHERE scope = {scope:String}")
    names = ["scope", "id", "text", "revision"]
    client.insert("facts", [["a", 1, "old", 1], ["b", 2, "other", 1]], column_names=names)
    client.insert("facts", [["a", 1, "new", 2]], column_names=names)
    assert client.query("SELECT text FROM current ORDER BY id").result_rows == [("new",), ("other",)]
    found = client.query("SELECT text FROM of_scope(scope = {scope:String})", parameters={"scope": "a"})
    assert found.result_rows == [("new",)]


def test_a_large_result_is_streamed(client: Any) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(3000000)") as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 3_000_000
    assert len(sizes) > 10


def test_a_missing_body_is_a_short_answer(clickhouse: LocalClickHouse) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", clickhouse.port, timeout=30)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"Ok.\n"
    connection.close()


def test_what_one_request_asks_for_is_not_there_for_the_next(web: Http) -> None:
    sizes = "SELECT getSetting('max_block_size'), currentDatabase()"
    plain, many = web.text(sizes), range(1, 30)  # more than are kept open
    assert [web.text(sizes, max_block_size=size) for size in many] == [f"{size}\tserver" for size in many]
    assert web.text("SELECT 1 SETTINGS max_block_size = 7") == "1"
    assert web.text(sizes) == plain
    assert web.send("INSERT INTO t SETTINGS max_block_size = 5 FORMAT TSV", b"1\tone\n").status == 200
    assert web.text(sizes) == plain
    assert web.text("SELECT {n:UInt8}", param_n=3) == "3"
    assert web.text(sizes) == plain
    assert web.send("SELECT {n:UInt8}").code == "456"
    assert web.text("SET max_block_size = 6") == ""
    assert web.text(sizes) == plain
    assert web.send("SELECT throwIf(1)", max_block_size="8").code == "395"
    assert web.text(sizes, max_block_size=8) == "8\tserver"
    assert web.text("SELECT count() FROM t") == "1"


def test_a_database_that_was_dropped_is_there_for_nobody(clickhouse: LocalClickHouse, web: Http) -> None:
    gone = Http(clickhouse.port, "gone")
    web.text("CREATE DATABASE gone ENGINE = Atomic")
    assert [gone.text("SELECT 1"), gone.text("SELECT 1")] == ["1", "1"]
    web.text("DROP DATABASE gone SYNC")
    assert gone.send("SELECT 1").code == "81"
