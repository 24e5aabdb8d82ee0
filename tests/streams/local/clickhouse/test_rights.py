"""Readers only read, within limits, and reach nothing outside the database."""

import pytest

from streams.local.clickhouse.failure import ClickHouseError
from streams.local.clickhouse.rights import Limits, check_reading, check_statement, choose_settings
from streams.local.clickhouse.sql import scan

TABLE_FUNCTIONS = frozenset({"file", "url", "remote", "s3", "python", "numbers", "eval", "view"})
LIMITS = Limits(max_execution_time=60, max_memory_usage=1000, max_result_bytes=500)


@pytest.mark.parametrize(
    "sql",
    [
        b"SELECT * FROM file('/etc/passwd')",
        b"SELECT file('/etc/passwd')",
        b"SELECT * FROM `url` ('http://example.org')",
        b"SELECT * FROM remote('a', b, c)",
        b"DESCRIBE TABLE s3('x')",
        b"SELECT * FROM eval('SELECT 1')",
        b"SELECT aiGenerate('x')",
        b"SELECT 1 INTO OUTFILE 'x'",
    ],
)
def test_a_reader_reaches_nothing_outside_the_database(sql: bytes) -> None:
    with pytest.raises(ClickHouseError) as refused:
        check_statement("reader", scan(sql), TABLE_FUNCTIONS)
    assert refused.value.code == 497


@pytest.mark.parametrize(
    "sql", [b"SELECT * FROM numbers(5)", b"SELECT 'file(x)'", b"SELECT file FROM t", b"SHOW TABLES"]
)
def test_a_reader_may_read(sql: bytes) -> None:
    check_statement("reader", scan(sql), TABLE_FUNCTIONS)


@pytest.mark.parametrize(
    "sql", [b"SELECT 1 INTO OUTFILE 'x'", b"INSERT INTO t FROM INFILE 'x'", b"SELECT * FROM Python(x)"]
)
def test_nobody_makes_the_server_write_files_or_run_code(sql: bytes) -> None:
    with pytest.raises(ClickHouseError):
        check_statement("default", scan(sql), TABLE_FUNCTIONS)


@pytest.mark.parametrize("sql", [b"", b" -- nothing", b"SELECT 1; DROP TABLE t"])
def test_a_request_holds_exactly_one_statement(sql: bytes) -> None:
    with pytest.raises(ClickHouseError) as refused:
        check_statement("default", scan(sql), TABLE_FUNCTIONS)
    assert refused.value.code == 62


def test_readers_and_gets_change_nothing() -> None:
    check_reading("default", reads_only=False, reads=False)
    check_reading("reader", reads_only=True, reads=True)
    for user, reads_only in (("reader", False), ("default", True)):
        with pytest.raises(ClickHouseError) as refused:
            check_reading(user, reads_only=reads_only, reads=False)  # type: ignore[arg-type]
        assert refused.value.code == 164


def test_a_reader_may_ask_for_less_but_not_for_more() -> None:
    settings = choose_settings("reader", {"max_execution_time": "5", "max_memory_usage": "0"}, LIMITS, buffered=False)
    assert (settings["max_execution_time"], settings["max_memory_usage"]) == ("5", "1000")
    assert (settings["max_result_bytes"], settings["readonly"]) == ("500", "1")


def test_everyone_has_a_time_limit_and_waits_for_stored_rows() -> None:
    settings = choose_settings("default", {}, LIMITS, buffered=False)
    assert settings == {"async_insert": "0", "max_execution_time": "60", "max_memory_usage": "1000"}
    assert choose_settings("default", {"max_execution_time": "0"}, LIMITS, buffered=False)["max_execution_time"] == "0"


def test_a_result_collected_in_memory_is_bounded() -> None:
    assert choose_settings("default", {}, LIMITS, buffered=True)["max_result_bytes"] == "500"


def test_the_name_of_a_setting_is_a_name() -> None:
    with pytest.raises(ClickHouseError, match="Unknown setting"):
        choose_settings("default", {"a = 1, b": "2"}, LIMITS, buffered=False)
