"""Topics, views and metrics as Markdown tables, from where each is defined."""

from importlib.resources import files

from schemas.topics import FOR_EVER, Topic, registry
from streams.errors import TurnlogError
from streams.metrics import ABOUT

A_DAY_MS = 24 * 3600 * 1000
VIEWS = "views.md"


def topics_table(topics: tuple[Topic, ...] = registry(1)) -> str:
    """Of the first generation; `.g1` in a name is its number."""
    rows = [f"| `{t.name}` | {_events(t)} | {kept(t)} | {t.purpose} |" for t in topics]
    return "\n".join(["| topic | events | kept | |", "|---|---|---|---|", *rows])


def metrics_table() -> str:
    rows = [f"| `{about.name}` | {about.kind} | {', '.join(about.labels[1:])} | {about.meaning} |" for about in ABOUT]
    return "\n".join(["| metric | | labels beside `stage` | |", "|---|---|---|---|", *rows])


def views_table() -> str:
    """As it is written when the schema is."""
    file = files("infra.clickhouse") / VIEWS
    if not file.is_file():
        raise TurnlogError(f"infra/clickhouse/{VIEWS} is not there")
    return file.read_text(encoding="utf-8").strip()


def kept(topic: Topic) -> str:
    """How long its records stay."""
    if topic.config["cleanup.policy"] == "compact":
        return "the last of each key"
    limit = topic.config["retention.ms"]
    if not topic.ours:
        return "as its owners say"
    return "for ever" if limit == FOR_EVER else f"{int(limit) // A_DAY_MS} days"


def _events(topic: Topic) -> str:
    return ", ".join(topic.events)
