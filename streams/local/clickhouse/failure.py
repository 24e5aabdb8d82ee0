"""Errors as ClickHouse tells them over HTTP: a code, a text that begins with it, and a status."""

import re

BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
SYNTAX_ERROR = 62
UNKNOWN_SETTING = 115
READONLY = 164
TOO_MANY_SIMULTANEOUS_QUERIES = 202
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
UNKNOWN_COMPRESSION_METHOD = 89
CANNOT_DECOMPRESS = 271
QUERY_WAS_CANCELLED = 394
ACCESS_DENIED = 497
AUTHENTICATION_FAILED = 516
UNKNOWN = 1002

STATUS = {
    BAD_ARGUMENTS: 400,
    27: 400,  # cannot parse input
    46: 404,  # unknown function
    47: 404,  # unknown identifier
    NOT_IMPLEMENTED: 501,
    50: 404,  # unknown type
    53: 400,  # type mismatch
    60: 404,  # unknown table
    SYNTAX_ERROR: 400,
    73: 404,  # unknown format
    81: 404,  # unknown database
    CANNOT_DECOMPRESS: 400,
    UNKNOWN_COMPRESSION_METHOD: 400,
    UNKNOWN_SETTING: 404,
    159: 408,  # timeout
    TOO_MANY_SIMULTANEOUS_QUERIES: 503,
    ACCESS_DENIED: 403,
    AUTHENTICATION_FAILED: 401,
}


class ClickHouseError(Exception):
    """A request that the server answers with an error; `code` is ClickHouse's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        return STATUS.get(self.code, 500)

    @property
    def text(self) -> str:
        return f"Code: {self.code}. DB::Exception: {self}"


def from_engine(error: Exception) -> ClickHouseError:
    """What the engine raised, freed of what its Python layer put around it."""
    text = str(error)
    found = re.search(r"Code: (\d+)\. (?:DB::Exception: )?", text)
    return ClickHouseError(int(found[1]), text[found.end() :]) if found else ClickHouseError(UNKNOWN, text)
