"""Log lines: one for each thing that happened, `action=... field=...` or the same as JSON.

What libraries say keeps their first line as `message`. An exception is its type and where it came from, never its own
words: they may quote a turn.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

import orjson

from streams.errors import TurnlogError

OURS = "streams"
QUIET = ("aiokafka", "faust", "mode", "streams.engine.app", "streams.engine.membership", "streams.engine.worker")
"""Libraries, and where classes of theirs are made ours: they log under our names."""
LONGEST = 400
FRAMES = 4
_FIELD = re.compile(r"(\w+)=(\S+)")
_PLAIN = re.compile(r'[^\s"=]+')
log = logging.getLogger(__name__)


class Lines(logging.Formatter):
    """`2026-01-31T12:00:00.000Z INFO streams.engine action=lane_opened stage=ingest partition=3`."""

    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={_plain(value)}" for name, value in fields_of(record).items())
        return f"{_time(record)} {record.levelname} {record.name} {told}"


class Json(logging.Formatter):
    """The same as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        about = {"at": _time(record), "level": record.levelname.lower(), "logger": record.name}
        return orjson.dumps({**about, **fields_of(record)}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


FORMS: Mapping[str, type[logging.Formatter]] = {"text": Lines, "json": Json}


def log_to_stderr(form: Literal["text", "json"] = "text") -> None:
    """A process that nobody watches tells what happens."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMS[form]())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for library in QUIET:
        logging.getLogger(library).setLevel(logging.WARNING)
    threading.excepthook = _thread_failed


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """`action` and what belongs to it."""
    given = record.__dict__.get("fields")
    if given is not None:
        told = {"action": record.__dict__["action"], **given}
    elif record.name.split(".")[0] == OURS and str(record.msg).startswith("action="):
        told = dict(_fields(record))
    else:
        told = {"action": "said", "message": _first_line(record)}
    if record.exc_info and record.exc_info[1] is not None:
        told |= {"error": type(record.exc_info[1]).__name__, "at_code": _frames(record.exc_info[1])}
    return told


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """Of a line of ours: its template names the fields, its arguments are their values."""
    values = iter(record.args if isinstance(record.args, tuple) else ())
    for name, form in _FIELD.findall(str(record.msg)):
        if not form.startswith("%"):
            yield name, form
        else:
            value = _safe(next(values))
            yield name, value if form in ("%s", "%d") else form % value


def _first_line(record: logging.LogRecord) -> str:
    args = tuple(map(_safe, record.args)) if isinstance(record.args, tuple) else record.args
    text = str(record.msg) % args if args else str(record.msg)
    return text.splitlines()[0][:LONGEST] if text else ""


def _safe(value: object) -> object:
    """Numbers and words; of anything that could hold a record only its type."""
    match value:
        case TurnlogError() | OSError():
            return f"{type(value).__name__}: {value}"
        case BaseException() | bytes() | bytearray() | memoryview():
            return type(value).__name__
        case _:
            return value


def _plain(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else orjson.dumps(text).decode()


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _frames(error: BaseException) -> str:
    """The innermost places, latest first."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames))


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    about = None if args.exc_value is None else (args.exc_type, args.exc_value, args.exc_traceback)
    log.error("action=thread_failed thread=%s", args.thread.name if args.thread else "", exc_info=about)
