"""Statements are recognised without being parsed."""

import time

import pytest

from streams.local.clickhouse.sql import scan, scan_insert


@pytest.mark.parametrize(
    ("sql", "form"),
    [
        (b"SELECT 1", None),
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"select 1 format TSV;", "TSV"),
        (b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1", "CSV"),
        (b"SELECT format FROM t", None),
        (b"SELECT 'FORMAT CSV'", None),
        (b"SELECT 1 -- FORMAT CSV", None),
        (b"SELECT $$ FORMAT CSV $$", None),
        (b"SELECT * FROM (SELECT 1 FORMAT CSV)", None),
    ],
)
def test_a_format_clause_counts_only_at_the_end(sql: bytes, form: str | None) -> None:
    assert scan(sql).format == form


@pytest.mark.parametrize("sql", [b"/*" * 200_000, b"SELECT $" + b"".join(b"$a%d" % n for n in range(100_000))])
def test_what_never_closes_is_looked_at_once(sql: bytes) -> None:
    started = time.process_time()
    scan(sql)
    assert time.process_time() - started < 5


def test_the_bare_statement_has_no_format_clause_and_no_semicolon() -> None:
    assert scan(b"SELECT 1 FORMAT CSV SETTINGS a = 1;").bare == b"SELECT 1  SETTINGS a = 1"


@pytest.mark.parametrize(
    ("sql", "single"),
    [
        (b"SELECT 1", True),
        (b"SELECT 1;", True),
        (b"SELECT 1; -- the end", True),
        (b"SELECT ';' /* ; */", True),
        (b"SELECT 1; SELECT 2", False),
        (b"SELECT 1; 'x'", False),
    ],
)
def test_a_second_statement_is_noticed(sql: bytes, single: bool) -> None:
    assert scan(sql).single is single


def test_calls_are_names_before_a_parenthesis_however_they_are_written() -> None:
    statement = scan(b"SELECT a, `File` /* here */ ('x'), \"url\"('y'), 'remote('::String FROM numbers (5)")
    assert statement.calls == {"file", "url", "numbers"}


@pytest.mark.parametrize(
    ("body", "head", "data", "form"),
    [
        (b"INSERT INTO t FORMAT CSV\n1,2\n", b"INSERT INTO t ", b"1,2\n", "CSV"),
        (b"INSERT INTO t (a, b) FORMAT Native\r\n\x00;\xff", b"INSERT INTO t (a, b) ", b"\x00;\xff", "Native"),
        (b"insert into t values (1, 'FORMAT')", b"insert into t ", b" (1, 'FORMAT')", "Values"),
        (b"INSERT INTO t SETTINGS a = 1 FORMAT TSV 1\t2", b"INSERT INTO t SETTINGS a = 1 ", b"1\t2", "TSV"),
    ],
)
def test_the_data_of_an_insert_begins_after_its_head(body: bytes, head: bytes, data: bytes, form: str) -> None:
    statement = scan_insert(body, complete=True)
    assert statement is not None
    assert statement.data is not None
    assert (statement.bare, body[statement.data[1] :], statement.format) == (head, data, form)


@pytest.mark.parametrize("body", [b"INSERT INTO t FORMAT Nat", b"INSERT INTO t FORMAT CSV\n", b"INSERT INTO t VAL"])
def test_an_unfinished_head_waits_for_more(body: bytes) -> None:
    assert scan_insert(body, complete=False) is None


@pytest.mark.parametrize(
    "sql",
    [
        b"INSERT INTO t SELECT 1",
        b"INSERT INTO t (a) (SELECT 1)",
        b"INSERT INTO t WITH 1 AS x SELECT x",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"SELECT 1 FORMAT CSV\n",
    ],
)
def test_a_statement_that_brings_no_data_is_no_such_insert(sql: bytes) -> None:
    assert scan_insert(sql, complete=True) is None
    assert scan(sql).data is None


def test_an_insert_without_a_format_takes_all_that_follows_as_data() -> None:
    statement = scan(b"INSERT INTO t (a)\n")
    assert statement.data == (18, 18)
    assert statement.format is None
