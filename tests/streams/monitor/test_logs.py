"""Log lines are fields, in one line each, and never hold what a person said: whoever logs it, and whatever fails."""

import ast
import asyncio
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.engine.report import report
from streams.errors import TransientError
from streams.monitor import logs
from streams.monitor.logs import FORMS

ROOT = Path(__file__).parents[3]
SECRET = "my password is hunter2"
FIELDS = {
    "action", "stage", "stages", "partition", "positions", "keys", "seconds", "signal", "out_of_time", "code", "why",
    "error", "errors", "group", "part", "pid", "restarts", "attempt", "wait_s", "thread", "generation", "extractor",
    "topic", "sources", "settings", "effect", "point", "inside",
}  # fmt: skip
"""Every field a line of ours may have. None of them holds a text, a name or an id of a person."""


LOGGING = re.compile(r"(log|logger|logging)\.(debug|info|warning|error|critical|exception)")


class Log:
    """What a process would have written."""

    def __init__(self, form: str) -> None:
        self._stream = io.StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(FORMS[form]())

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[Log]:
    made = Log(request.param)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(made.handler)
    root.setLevel(logging.INFO)
    yield made
    root.removeHandler(made.handler)
    root.setLevel(level)


def test_a_line_as_text_and_as_json() -> None:
    for form, expected in (
        ("text", 'INFO streams.engine action=lane_opened stage=ingest partition=3 error="it\'s \\"so\\"\\nthere"'),
        ("json", {"action": "lane_opened", "stage": "ingest", "partition": 3, "error": 'it\'s "so"\nthere'}),
    ):
        made = Log(form)
        engine = logging.getLogger("streams.engine")
        engine.addHandler(made.handler)
        level = engine.level
        engine.setLevel(logging.INFO)
        report("lane_opened", stage="ingest", partition=3, error='it\'s "so"\nthere')
        engine.removeHandler(made.handler)
        engine.setLevel(level)
        (line,) = made.lines
        if form == "json":
            told = json.loads(line)
            assert (told.pop("level"), told.pop("logger")) == ("info", "streams.engine")
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("at"))
            assert told == expected
        else:
            assert line.split(" ", 1)[1] == expected


def test_a_line_written_with_a_template_has_the_same_fields() -> None:
    record = logging.LogRecord(
        "streams.local.supervisor", logging.WARNING, "", 1, "action=ended part=%s code=%s wait_s=%.1f",
        ("sink", 15, 0.25), None,
    )  # fmt: skip
    assert logs.fields_of(record) == {"action": "ended", "part": "sink", "code": 15, "wait_s": "0.2"}


def test_what_a_library_says_is_one_line_of_the_same_form(log: Log) -> None:
    logging.getLogger("aiokafka.consumer").warning("Heartbeat failed: %s\nand more\n" + SECRET, "not known")
    (line,) = log.lines
    assert "Heartbeat failed: not known" in line
    assert SECRET not in line


def test_an_exception_is_told_without_its_words(log: Log) -> None:
    def fails() -> None:
        raise ValueError(SECRET)

    try:
        fails()
    except ValueError as error:
        logging.getLogger("faust.app").exception("Crashed reason=%r", error)
        logging.getLogger("streams.sink").error("action=failed error=%s", error)
    library, ours = log.lines
    assert "ValueError" in library
    assert "test_logs.py" in library
    assert "in fails" in library or " fails" in library
    assert "ValueError" in ours
    assert not any(SECRET in line for line in log.lines)


async def test_a_task_that_nobody_awaited_tells_nothing_of_its_error(log: Log) -> None:
    async def fails() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    del task
    await asyncio.sleep(0)
    (line,) = log.lines
    assert "Task exception was never retrieved" in line
    assert SECRET not in line


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_fails_is_a_line(log: Log) -> None:
    def fails() -> None:
        raise ValueError(SECRET)

    before, threading.excepthook = threading.excepthook, logs._thread_failed
    thread = threading.Thread(target=fails, name="http")
    thread.start()
    thread.join()
    threading.excepthook = before
    (line,) = log.lines
    assert "thread_failed" in line
    assert "http" in line
    assert SECRET not in line


def test_our_own_errors_are_told_in_their_words(log: Log) -> None:
    logging.getLogger("streams.adapters.clickhouse").warning(
        "action=database_retry attempt=%d error=%s", 2, TransientError("ClickHouse: no answer")
    )
    (line,) = log.lines
    assert "ClickHouse: no answer" in line


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every line that our code may log."""
    for path in sorted((ROOT / "streams").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                named = ast.unparse(node.func)
                is_report = named == "report" and node.args and isinstance(node.args[0], ast.Constant)
                if is_report or re.fullmatch(
                    r"(log|logger|logging)\.(debug|info|warning|error|critical|exception)", named
                ):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_no_line_of_ours_formats_a_turn() -> None:
    """Templates are constants made of fields that are known to hold no text; nothing is put together beforehand."""
    found = list(calls())
    assert len(found) > 10
    for place, call in found:
        template = call.args[0]
        assert isinstance(template, ast.Constant), f"{place}: the template must stand there"
        assert isinstance(template.value, str)
        if ast.unparse(call.func) == "report":
            fields = {keyword.arg or "**" for keyword in call.keywords} - {"level"}
        else:
            assert re.fullmatch(r"action=\w+( \w+=\S+)*", template.value), f"{place}: {template.value}"
            fields = set(re.findall(r"(\w+)=", template.value))
            assert {keyword.arg for keyword in call.keywords} <= {"exc_info"}, place
        assert fields <= FIELDS, f"{place}: {fields - FIELDS}; may it hold a text? If not, add it"
        for argument in ast.walk(call):
            name = argument.attr if isinstance(argument, ast.Attribute) else getattr(argument, "id", "")
            assert name not in ("text", "content", "value", "turn", "turns", "quote", "body", "row", "rows"), place


def test_nothing_prints() -> None:
    for path in (ROOT / "streams").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Call) and ast.unparse(node.func) == "print"), f"{path}:{node.lineno}"
