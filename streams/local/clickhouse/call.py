"""What a request asks for besides its statement: user, settings, parameters, session, formats."""

import base64
import binascii
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from streams.local.clickhouse.failure import (
    ACCESS_DENIED,
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    ClickHouseError,
)
from streams.local.clickhouse.names import names
from streams.local.clickhouse.rights import UserName, check_user

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
LONGEST_SESSION = 3600

NO_SETTINGS = names(
    """query user password database default_format session_id session_timeout session_check query_id quota_key
    compress decompress wait_end_of_query buffer_size client_protocol_version role send_progress_in_http_headers
    close_session http_headers_progress_interval_ms enable_http_compression add_http_cors_header
    http_write_exception_in_output_format readonly"""
)
"""Parameters of a request that are meant for the server; all others are settings."""


class Call(NamedTuple):
    """One request without its body."""

    query_id: str
    user: UserName
    reads_only: bool
    """A GET, or asked to be so: it may change nothing."""
    query: bytes
    settings: Mapping[str, str]
    params: Mapping[str, str]
    database: str | None
    format: str | None
    session_id: str | None
    session_timeout: int
    session_must_exist: bool
    wait: bool
    """The whole result is wanted before the first byte of it."""


def read_call(method: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Call:
    """Read what a request says; header names are in lower case. Raises `ClickHouseError`."""
    refuse_websites(headers)
    if query.get("decompress") == "1":
        raise ClickHouseError(NOT_IMPLEMENTED, "decompress=1 is not supported here: use Content-Encoding")
    return Call(
        query_id=query.get("query_id") or str(uuid.uuid4()),
        user=check_user(read_user(headers, query)),
        reads_only=method != "POST" or query.get("readonly", "0") != "0",
        query=query.get("query", "").encode(),
        settings={k: v for k, v in query.items() if k not in NO_SETTINGS and not k.startswith("param_")},
        params={k.removeprefix("param_"): v for k, v in query.items() if k.startswith("param_")},
        database=query.get("database") or headers.get("x-clickhouse-database"),
        format=headers.get("x-clickhouse-format") or query.get("default_format"),
        session_id=query.get("session_id"),
        session_timeout=read_timeout(query.get("session_timeout", "60")),
        session_must_exist=query.get("session_check") == "1",
        wait=query.get("wait_end_of_query") == "1",
    )


def read_user(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    """The user's name, from wherever ClickHouse's clients put it. Passwords are not looked at: there are none."""
    if name := headers.get("x-clickhouse-user"):
        return name
    kind, _, credentials = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise ClickHouseError(AUTHENTICATION_FAILED, "Invalid authentication header") from None
    return query.get("user") or "default"


def read_timeout(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= LONGEST_SESSION:
        raise ClickHouseError(BAD_ARGUMENTS, f"Invalid session timeout: '{text}' (1 to {LONGEST_SESSION})")
    return int(text)


def refuse_websites(headers: Mapping[str, str]) -> None:
    """A page in this machine's browser can reach the loopback interface: only ours may, and only by a local name."""
    origin = headers.get("origin", "")
    if host_of(headers.get("host", "localhost")) not in LOCAL_HOSTS:
        raise ClickHouseError(ACCESS_DENIED, "This server answers to local names only")
    if (origin and host_of(origin.partition("://")[2]) not in LOCAL_HOSTS) or headers.get(
        "sec-fetch-site", "none"
    ) == "cross-site":
        raise ClickHouseError(ACCESS_DENIED, "This server does not answer web pages of others")


def host_of(address: str) -> str:
    """Host without its port; an IPv6 address keeps its brackets."""
    host, _, port = address.rpartition(":")
    return (host if host and port.isdigit() else address).lower()
