"""The flow as a Mermaid diagram, from `STAGES`."""

from collections.abc import Iterable, Sequence

from streams.topology import STAGES, Stage

OUTSIDE = "publishers"
SOURCE = "{turns}"
DATABASE = "clickhouse[(ClickHouse)]"


def flow_diagram(stages: Sequence[Stage] = STAGES) -> str:
    """A fenced block: topics lean, stages stand, every arrow is somebody reading or writing."""
    drawn: set[str] = set()
    lines = [f"{OUTSIDE}([{OUTSIDE}]) --> {_topics([SOURCE], drawn)}"]
    for stage in stages:
        read = _topics(stage.reads, drawn)
        written = _topics(stage.writes, drawn) if stage.has_table else _once(DATABASE, drawn)
        lines.append(f"{read} --> {_box(stage.name)} --> {written}")
    return "\n".join(["```mermaid", "flowchart LR", *(f"    {line}" for line in lines), "```"])


def _topics(templates: Iterable[str], drawn: set[str]) -> str:
    names = (template.strip("{}") for template in templates)
    return " & ".join(_once(f"{_id(name)}[/{name}/]", drawn) for name in names)


def _once(node: str, drawn: set[str]) -> str:
    """A node with its shape where it stands first, later only its id."""
    name = node.partition("[")[0]
    if name in drawn:
        return name
    drawn.add(name)
    return node


def _box(name: str) -> str:
    return name if _id(name) == name else f"{_id(name)}[{name}]"


def _id(name: str) -> str:
    return name.replace("-", "_")
