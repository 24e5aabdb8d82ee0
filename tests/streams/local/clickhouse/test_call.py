"""Requests say who asks, with which settings, and from where."""

import base64

import pytest

from streams.local.clickhouse.call import host_of, read_call
from streams.local.clickhouse.failure import ClickHouseError


def test_what_is_not_meant_for_the_server_is_a_setting_or_a_parameter() -> None:
    call = read_call("POST", {}, {"query": "SELECT 1", "max_threads": "2", "param_x": "7", "database": "d"})
    assert (call.query, call.settings, call.params) == (b"SELECT 1", {"max_threads": "2"}, {"x": "7"})
    assert (call.database, call.user, call.reads_only) == ("d", "default", False)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"x-clickhouse-user": "reader"}, {}),
        ({"authorization": "Basic " + base64.b64encode(b"reader:any").decode()}, {}),
        ({}, {"user": "reader"}),
    ],
)
def test_the_user_is_found_wherever_clients_put_it(headers: dict[str, str], query: dict[str, str]) -> None:
    assert read_call("POST", headers, query).user == "reader"


def test_an_unknown_user_is_refused() -> None:
    with pytest.raises(ClickHouseError) as refused:
        read_call("POST", {"x-clickhouse-user": "admin"}, {})
    assert (refused.value.code, refused.value.status) == (516, 401)


@pytest.mark.parametrize(("method", "query"), [("GET", {}), ("POST", {"readonly": "1"}), ("POST", {"readonly": "2"})])
def test_a_get_or_a_readonly_request_may_change_nothing(method: str, query: dict[str, str]) -> None:
    assert read_call(method, {}, query).reads_only


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.org"},
        {"sec-fetch-site": "cross-site"},
        {"host": "rebound.example.org:8123"},
        {"origin": "null"},
    ],
)
def test_pages_of_other_websites_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ClickHouseError) as refused:
        read_call("POST", headers, {"query": "SELECT 1"})
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost", "[::1]:8123", "LOCALHOST:80"])
def test_local_names_are_answered(host: str) -> None:
    assert read_call("GET", {"host": host, "origin": f"http://{host}"}, {}).user == "default"


def test_a_host_keeps_the_brackets_of_its_address() -> None:
    assert [host_of("[::1]:80"), host_of("a.example:80"), host_of("a.example")] == ["[::1]", "a.example", "a.example"]


@pytest.mark.parametrize("timeout", ["0", "-1", "x", "999999"])
def test_a_session_timeout_has_bounds(timeout: str) -> None:
    with pytest.raises(ClickHouseError, match="timeout"):
        read_call("POST", {}, {"session_id": "a", "session_timeout": timeout})
