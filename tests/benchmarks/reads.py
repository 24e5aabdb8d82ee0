"""What readers ask, over ten million facts and three million jobs: milliseconds, and rows and bytes read, per query.

The part `reads` of the benchmarks, or by itself, with bytes read and sizes of tables in its report:

python -m tests.benchmarks.reads [--facts N] [--jobs N] [--draws N] [--report FILE]

A fresh local database is filled (`reads_rows`), then the shipped queries go over HTTP, each with other parameters every
time: first while the last inserts are parts of their own that nothing has merged, then after OPTIMIZE FINAL. What a
query reads is told by the server's own counters, since nothing else runs there.
"""

import http.client
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import click

from streams.adapters.clickhouse import Database
from streams.admin.migrate import migrate
from streams.local.clickhouse.local import LocalClickHouse
from streams.query.load import load
from streams.query.reads import QUERIES as READS
from tests.benchmarks.asked import Asked
from tests.benchmarks.reads_rows import USERS, Amounts, fill, leave_pending
from tests.benchmarks.results import Figure, machine, require_same

PART = "reads"
FACTS, DRAWS = 10_000_000, 40
SHIPPED = load("infra.clickhouse.queries")
MERGED = ("facts", "job_parts")
SCOPED = "org_id = {org_id:String} AND user_id = {user_id:String}"
OF_SCOPE = {"status": "active", "limit": 1_000}
FIRST_SIGN = 0x3000
Parameters = Mapping[str, Any]


class Case(NamedTuple):
    """A query, what it is asked with, one after the other, and how long it may take."""

    name: str
    sql: str
    draws: Sequence[Parameters]
    target_ms: float | None = None


class Measured(NamedTuple):
    """A case in one state of the tables; rows and bytes are means of one query."""

    name: str
    state: str
    median_ms: float
    p95_ms: float
    rows_read: int
    bytes_read: int
    rows_found: float
    target_ms: float | None


class Asking:
    """One connection of a reader."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def __call__(self, sql: str, parameters: Parameters | None = None) -> list[Any]:
        about = {"database": "turnlog", "default_format": "JSONCompact", "max_execution_time": 600}
        given = {f"param_{name}": value for name, value in (parameters or {}).items()}
        self._connection.request("POST", "/?" + urlencode(about | given), sql.encode())
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(body.decode())
        rows: list[Any] = json.loads(body)["data"]
        return rows

    def read_so_far(self) -> tuple[int, int]:
        """Rows and bytes that the server has read since it started."""
        rows = self("SELECT event, value FROM system.events WHERE event IN ('SelectedRows', 'SelectedBytes')")
        counted = {event: int(value) for event, value in rows}
        return counted["SelectedRows"], counted["SelectedBytes"]


def reads(asked: Asked) -> None:
    """Once, with many draws: a second time takes half an hour. `asked.turns`: facts."""
    amounts = amounts_of(asked.turns or FACTS)
    require_same(asked.results, PART, f"{amounts.facts} facts, {amounts.jobs} jobs, {DRAWS} draws")
    if asked.results.rounds_of(PART):
        return
    told = measured_on_a_fresh_server(amounts, DRAWS)
    for each in told["queries"]:
        for name, value, unit in (
            (each["name"], each["median_ms"], "ms"),
            (f"{each['name']}, p95", each["p95_ms"], "ms"),
        ):
            said = f"{name}, {each['state']}"
            asked.results.figures.append(Figure(part=PART, round=1, name=said, value=value, unit=unit))
            asked.tell(f"{said}: {value:,.1f} {unit}")
    asked.keep()


def amounts_of(facts: int) -> Amounts:
    return Amounts(facts, facts * 3 // 10)


@click.command()
@click.option("--facts", default=FACTS, show_default=True)
@click.option("--jobs", type=int, help="By default three for ten facts.")
@click.option("--draws", default=DRAWS, show_default=True, help="Different parameters of each query.")
@click.option("--report", type=click.Path(path_type=Path), help="Where the figures go as JSON.")
def main(facts: int, jobs: int | None, draws: int, report: Path | None) -> None:
    """Fill, measure, print a table."""
    told = measured_on_a_fresh_server(Amounts(facts, jobs) if jobs else amounts_of(facts), draws)
    if report:
        report.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    click.echo("\n" + table([Measured(**each) for each in told["queries"]]))


def measured_on_a_fresh_server(amounts: Amounts, draws: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, LocalClickHouse(Path(folder)) as server:
        client = Database(server.address, timeout_s=7_200)
        migrate(client, "turnlog", "")
        measured, about = measure(client, Asking(server.port), amounts, draws)
        client.close()
    return {"machine": machine(), **about, "queries": [each._asdict() for each in measured]}


def measure(client: Database, ask: Asking, amounts: Amounts, draws: int) -> tuple[list[Measured], dict[str, Any]]:
    began = time.monotonic()
    floor = cases(ask, amounts, draws, empty=True)
    measured = [run(ask, case, "nothing stored") for case in floor]
    fill(client, amounts)
    for name in MERGED:
        client.execute(f"SYSTEM STOP MERGES turnlog_data.{name}")
    leave_pending(client, amounts)
    filled = {"fill_s": round(time.monotonic() - began), "pending": stored(ask)}
    asked = cases(ask, amounts, draws)
    measured += [run(ask, case, "merges pending") for case in asked]
    began = time.monotonic()
    for name in MERGED:
        client.execute(f"SYSTEM START MERGES turnlog_data.{name}")
        client.query(f"OPTIMIZE TABLE turnlog_data.{name} FINAL SETTINGS max_execution_time = 0")
    merged = {"merge_s": round(time.monotonic() - began), "merged": stored(ask)}
    return measured + [run(ask, case, "merged") for case in asked], filled | merged


def run(ask: Asking, case: Case, state: str) -> Measured:
    """Ask with each of the draws once; the first three warm the server up and are asked again."""
    for parameters in case.draws[:3]:
        ask(case.sql, parameters)
    times, found = [], 0
    rows, size = ask.read_so_far()
    for parameters in case.draws:
        began = time.perf_counter()
        found += len(ask(case.sql, parameters))
        times.append((time.perf_counter() - began) * 1_000)
    rows_after, size_after = ask.read_so_far()
    count = len(case.draws)
    return Measured(
        case.name,
        state,
        round(statistics.median(times), 1),
        round(sorted(times)[int(count * 0.95)], 1),
        (rows_after - rows) // count,
        (size_after - size) // count,
        round(found / count, 1),
        case.target_ms,
    )


def cases(ask: Asking, amounts: Amounts, count: int, *, empty: bool = False) -> list[Case]:
    """What is asked. `empty`: before there are rows, so that what is measured is everything but reading them."""
    draw = random.Random(1)
    numbers = draw.sample(range(amounts.users), min(count, amounts.users))
    users = [{"org_id": org, "user_id": user} for org, user in ask(USERS, {"users": numbers})]
    days = [{**user, "t": f"2026-{draw.randint(1, 6):02}-15 00:00:00"} for user in users]
    jobs = [{**user, "job_id": "none"} for user in users] if empty else [job_of(ask, user) for user in users]
    found = [
        Case("SELECT 1", "SELECT 1", users),
        Case("facts of a user", SHIPPED["facts_of_a_user"].sql, users, 10),
        Case("facts of a user, all columns", READS["facts_of_scope"].sql, [{**u, **OF_SCOPE} for u in users]),
        Case("facts as of a time", SHIPPED["known_on_a_day"].sql, days),
        Case("memory_now of a user", f"SELECT * FROM memory_now WHERE {SCOPED}", users),
        Case("job in its scope", SHIPPED["state_of_a_job"].sql, jobs, 10),
        Case("job by its id alone, all columns", READS["jobs_by_id"].sql, [{"job_id": job["job_id"]} for job in jobs]),
    ]
    if empty:
        return found
    return found + searches(ask, users, draw) + sums(users)


def searches(ask: Asking, users: Sequence[Parameters], draw: random.Random) -> list[Case]:
    """A word of a fact that is there, in any case, and two Chinese signs; the largest organisation is asked too."""
    found = []
    for language in ("English", "Chinese"):
        asked = [{**user, "q": word} for user, word in zip(users, words(ask, users, draw, language), strict=True)]
        for place, condition in (("a user", SCOPED), ("an organisation", "org_id = {org_id:String}")):
            sql = f"SELECT * FROM facts_search(q = {{q:String}}) WHERE {condition} LIMIT 100"
            found.append(Case(f"facts with {language} text, {place}", sql, asked, 20))
        large = [{**each, "org_id": "org-0000", "limit": 100} for each in asked]
        found.append(Case(f"facts with {language} text, largest organisation", sql, large, 20))
        found.append(Case(f"facts and turns with {language} text, largest organisation", SHIPPED["search"].sql, large))
    return found


def sums(users: Sequence[Parameters]) -> list[Case]:
    """What reads much, asked less often."""
    days = "SELECT toDate(mentioned_at, 'UTC') AS day, count() FROM facts WHERE org_id = {org_id:String} GROUP BY day"
    some = users[:10]
    return [
        Case("facts of an organisation by day", days, users),
        Case("facts of the largest organisation by day", days, [{"org_id": "org-0000"}] * len(some)),
        Case("facts of all organisations by day", days.replace("{org_id:String}", "org_id"), some),
        Case(
            "cost by organisation and day", SHIPPED["cost_by_organisation_and_day"].sql, [{"since": "2026-01-01"}] * 5
        ),
        Case("cost of a user by day", f"SELECT * FROM cost_by_scope_day WHERE {SCOPED}", users),
    ]


def job_of(ask: Asking, user: Parameters) -> Parameters:
    ((job_id,),) = ask(f"SELECT min(job_id) FROM turnlog_data.job_parts WHERE {SCOPED}", user)
    return {**user, "job_id": job_id}


def words(ask: Asking, users: Sequence[Parameters], draw: random.Random, language: str) -> Iterator[str]:
    """For each user a text that a fact of theirs holds."""
    for user in users:
        texts = [
            text.rstrip(".") for (text,) in ask(f"SELECT content FROM facts WHERE {SCOPED} ORDER BY fact_id", user)
        ]
        if language == "Chinese":
            yield draw.choice([text for text in texts if ord(text[0]) > FIRST_SIGN])[2:4]
        else:
            longest = [max(text.split(), key=len) for text in texts if text.isascii()]
            yield draw.choice([str.upper, str.lower, str.title])(draw.choice(longest))


def stored(ask: Asking) -> dict[str, Any]:
    """Parts, rows and bytes of each table."""
    rows = ask(
        "SELECT table, count(), sum(rows), sum(bytes_on_disk), sum(secondary_indices_compressed_bytes) "
        "FROM system.parts WHERE active AND database = 'turnlog_data' GROUP BY table ORDER BY table"
    )
    names = ("parts", "rows", "bytes", "bytes_of_indexes")
    return {table: dict(zip(names, map(int, counts), strict=True)) for table, *counts in rows}


def table(measured: Sequence[Measured]) -> str:
    """As Markdown, the states of the tables beside each other."""
    states = list(dict.fromkeys(each.state for each in measured))
    head = ["query", "target", *(f"{state}: ms (p95); rows read" for state in states)]
    lines = [head, ["---"] * len(head)]
    for name, target in dict.fromkeys((each.name, each.target_ms) for each in measured):
        by_state = {each.state: each for each in measured if each.name == name}
        lines.append([name, f"{target} ms" if target else "", *(cell(by_state.get(state)) for state in states)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(each: Measured | None) -> str:
    return "" if each is None else f"{each.median_ms} ({each.p95_ms}); {each.rows_read:,}"


if __name__ == "__main__":
    main()
