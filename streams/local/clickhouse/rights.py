"""Who may do what, and how much: two users, limits for everyone, and what is refused by name."""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import psutil

from streams.local.clickhouse.failure import (
    ACCESS_DENIED,
    AUTHENTICATION_FAILED,
    READONLY,
    SYNTAX_ERROR,
    UNKNOWN_SETTING,
    ClickHouseError,
)
from streams.local.clickhouse.names import names
from streams.local.clickhouse.sql import Statement

UserName = Literal["default", "reader"]

NOWHERE = frozenset({"outfile", "infile"})
"""Words that make the engine open files for whoever asks; a server refuses them too."""

HARMLESS_TABLE_FUNCTIONS = names(
    """dictionary format generate_series generaterandom generateseries loop merge mergetreeanalyzeindexes
    mergetreeindex mergetreeprojection mergetreetextindex null numbers numbers_mt primes timeseriesdata
    timeseriesmetrics timeseriestags values view viewexplain viewifpermitted zeros zeros_mt"""
)
"""Table functions that touch nothing outside the database. All others are kept from readers."""

OUTSIDE_FUNCTION = re.compile(r"file|catboostevaluate|ai[a-z]+|executable")
"""Ordinary functions that reach outside the database; kept from readers as well."""


class Limits(NamedTuple):
    """What one query may take. A client may ask for less; only `default` may ask for more."""

    max_execution_time: int = 60
    max_memory_usage: int = max(1 << 30, psutil.virtual_memory().total // 4)
    max_result_bytes: int = 1 << 30


def check_user(name: str) -> UserName:
    match name:
        case "default" | "reader":
            return name
        case _:
            raise ClickHouseError(
                AUTHENTICATION_FAILED,
                f"{name}: Authentication failed: password is incorrect, or there is no user with such name.",
            )


def check_statement(user: UserName, statement: Statement, table_functions: frozenset[str]) -> None:
    """Refuse what cannot be allowed to this user; whether it only reads is the engine's own judgement."""
    if not statement.verb:
        raise ClickHouseError(SYNTAX_ERROR, "Syntax error: Empty query")
    if not statement.single:
        raise ClickHouseError(SYNTAX_ERROR, "Syntax error: Multi-statements are not allowed")
    refused = statement.words & NOWHERE | statement.calls & {"python"}
    if user == "reader":
        refused |= statement.calls & (table_functions - HARMLESS_TABLE_FUNCTIONS)
        refused |= {name for name in statement.calls if OUTSIDE_FUNCTION.fullmatch(name)}
    if refused:
        raise ClickHouseError(ACCESS_DENIED, f"{user}: Not enough privileges for {', '.join(sorted(refused))}")


def check_reading(user: UserName, *, reads_only: bool, reads: bool) -> None:
    """Refuse what changes something to readers, and to requests that may not."""
    if (reads_only or user == "reader") and not reads:
        raise ClickHouseError(READONLY, "Cannot execute query in readonly mode")


def choose_settings(user: UserName, asked: Mapping[str, str], limits: Limits, *, buffered: bool) -> dict[str, str]:
    """The settings of one query: ours, then what was asked for, then the limits that hold all the same.

    `buffered`: the result is collected in memory before it is sent.
    """
    for name in asked:
        if not re.fullmatch(r"\w+", name):
            raise ClickHouseError(UNKNOWN_SETTING, f"Unknown setting '{name}'")
    settings = {
        "async_insert": "0",  # the engine's default is 1, which suits small inserts of many clients; ours are batches
        "max_execution_time": str(limits.max_execution_time),
        "max_memory_usage": str(limits.max_memory_usage),
        **asked,
    }
    if user == "reader":
        settings.update(lower(asked, limits), result_overflow_mode="throw", timeout_overflow_mode="throw", readonly="1")
    elif buffered:
        settings.setdefault("max_result_bytes", str(limits.max_result_bytes))
    return settings


def lower(asked: Mapping[str, str], limits: Limits) -> dict[str, str]:
    """The limits, or less where less was asked for."""

    def choose(name: str, limit: int) -> str:
        wanted = asked.get(name, "")
        return wanted if wanted.isdigit() and 0 < int(wanted) < limit else str(limit)

    return {name: choose(name, limit) for name, limit in limits._asdict().items()}
