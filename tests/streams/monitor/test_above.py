"""One address for all stages: what each tells, merged; and what only the process above can tell."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.local.run_state import PartState
from streams.monitor.above import Above, Merged, running_stages, watched
from streams.monitor.http import Answer, serve

STAGES = {
    "ingest": PartState(pid=1, restarts=0),
    "sink": PartState(pid=2, restarts=3, last_exit=15, exits={15: 2, -9: 1}),
    "kafka": PartState(pid=3),
}
TEXT = """\
# HELP turnlog_records_out_total Records written.
# TYPE turnlog_records_out_total counter
turnlog_records_out_total{stage="%s"} 7.0
# HELP process_open_fds Open files.
# TYPE process_open_fds gauge
process_open_fds 12.0
"""


def stage(socket: str, name: str, *, status: int = 200) -> ThreadingHTTPServer:
    """A stage's process."""
    health = json.dumps({"stage": name, "healthy": status == 200, "state": "works", "partitions": 8, "lag": 0})
    return serve(
        socket.replace("{stage}", name),
        {
            "/metrics": lambda: Answer(200, "text/plain", (TEXT % name).encode()),
            "/health": lambda: Answer(status, "application/json", health.encode()),
        },
    )


def get(above: Above, page: str) -> tuple[int, str]:
    answer = {"/metrics": above.metrics, "/health": above.health}[page]()
    return answer.status, answer.body.decode()


@pytest.fixture
def sockets() -> Iterator[tuple[str, Above]]:
    with watched("127.0.0.1:0", lambda: running_stages(STAGES)) as address:
        folder = Path(address.removeprefix("unix:")).parent
        yield address, Above(folder, lambda: running_stages(STAGES))


def test_all_stages_are_asked_and_their_restarts_added(sockets: tuple[str, Above]) -> None:
    address, above = sockets
    with ExitStack() as opened:
        for name in ("ingest", "sink"):
            server = stage(address, name)
            opened.callback(server.server_close)
            opened.callback(server.shutdown)
        status, body = get(above, "/health")
        assert status == 200
        assert json.loads(body)["stages"]["sink"] == {
            "healthy": True, "state": "works", "partitions": 8, "lag": 0, "restarts": 3,
        }  # fmt: skip
        _, text = get(above, "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {s.labels["stage"]: s.value for s in families["turnlog_records_out"].samples} == {"ingest": 7, "sink": 7}
    assert {s.labels["stage"]: s.value for s in families["process_open_fds"].samples} == {"ingest": 12, "sink": 12}
    assert {s.labels["stage"]: s.value for s in families["turnlog_restarts"].samples} == {"ingest": 0, "sink": 3}
    exits = {(s.labels["stage"], s.labels["code"]): s.value for s in families["turnlog_exits"].samples}
    assert exits == {("sink", "15"): 2, ("sink", "-9"): 1}
    assert {s.labels["stage"]: s.value for s in families["turnlog_healthy"].samples} == {"ingest": 1, "sink": 1}
    assert text.count("# TYPE turnlog_records_out_total") == 1


def test_a_scrape_repeated_counts_nothing_twice(sockets: tuple[str, Above]) -> None:
    _, above = sockets
    assert [get(above, "/metrics")[1].count('turnlog_restarts_total{stage="sink"} 3.0') for _ in range(3)] == [1, 1, 1]


def test_a_stage_that_does_not_answer_or_is_unwell_makes_503(sockets: tuple[str, Above]) -> None:
    address, above = sockets
    server = stage(address, "ingest", status=503)
    try:
        status, body = get(above, "/health")
    finally:
        server.shutdown()
        server.server_close()
    stages = json.loads(body)["stages"]
    assert status == 503
    assert not json.loads(body)["healthy"]
    assert not stages["ingest"]["healthy"]
    assert stages["sink"] == {"healthy": False, "state": "does not answer, or not yet", "restarts": 3}


def test_a_stage_that_does_not_run_says_what_it_ended_with(tmp_path: Path) -> None:
    above = Above(tmp_path, lambda: running_stages({"sink": PartState(last_exit=15, restarts=4)}))
    status, body = get(above, "/health")
    assert status == 503
    assert json.loads(body)["stages"] == {
        "sink": {"healthy": False, "state": "does not run, it ended with code 15", "restarts": 4}
    }


def test_a_stage_that_is_not_started_again_and_one_that_ends_again_and_again_are_told(tmp_path: Path) -> None:
    parts = {
        "ingest": PartState(last_exit=19, restarts=15, stopped=True),
        "sink": PartState(pid=7, started=time.time(), last_exit=15, restarts=4, failures=4, exits={15: 4}),
        "window": PartState(pid=8, started=time.time() - 60, last_exit=15, restarts=4, failures=4),
    }
    above = Above(tmp_path, lambda: running_stages(parts))
    status, body = get(above, "/health")
    stages = json.loads(body)["stages"]
    assert status == 503
    assert stages["ingest"]["state"] == "stopped for good with code 19"
    assert stages["sink"]["state"] == "ends again and again: 4 times in a row, last with code 15"
    assert stages["window"]["state"] == "does not answer, or not yet", "it has run for a minute"
    families = {family.name: family for family in text_string_to_metric_families(get(above, "/metrics")[1])}
    values = {
        name: {s.labels["stage"]: s.value for s in families[f"turnlog_{name}"].samples if s.labels["stage"] in parts}
        for name in ("stopped", "crash_loop")
    }
    assert values["stopped"] == {"ingest": 1, "sink": 0, "window": 0}
    assert values["crash_loop"] == {"ingest": 0, "sink": 4, "window": 0}


def test_without_stages_nothing_is_well(tmp_path: Path) -> None:
    assert get(Above(tmp_path, dict), "/health")[0] == 503


def test_without_an_address_nothing_listens_and_stages_are_told_so() -> None:
    with watched("", dict) as address:
        assert address == ""


def test_both_pages_are_served_at_the_address(tmp_path: Path) -> None:
    with watched(f"unix:{tmp_path}/s", dict) as address:
        assert address.startswith("unix:/")
        folder = Path(address.removeprefix("unix:")).parent
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_what_is_merged_reads_as_it_was_written() -> None:
    text = "".join(
        f"{family.name} {[(s.name, s.labels, s.value) for s in family.samples]}\n"
        for family in Merged({"ingest": TEXT % "ingest"}).collect()
    )
    assert "('turnlog_records_out_total', {'stage': 'ingest'}, 7.0)" in text
    assert "('process_open_fds', {'stage': 'ingest'}, 12.0)" in text
