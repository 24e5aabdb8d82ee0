"""Generated parts of a Markdown file: what stands between `<!-- begin: name -->` and `<!-- end: name -->`."""

import re
from collections.abc import Callable, Mapping

from streams.describe.flow import flow_diagram
from streams.describe.tables import metrics_table, topics_table, views_table
from streams.describe_settings import settings_table
from streams.errors import ConfigurationError

PARTS: Mapping[str, Callable[[], str]] = {
    "flow": flow_diagram,
    "settings": settings_table,
    "topics": topics_table,
    "views": views_table,
    "metrics": metrics_table,
}
_BLOCK = re.compile(r"(?P<begin><!-- begin: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end: (?P=name) -->)", re.DOTALL)
_MARKER = re.compile(r"<!-- (?:begin|end): ([\w-]+) -->")


def refreshed(text: str) -> str:
    """The same text with every part as it must be. Raises ConfigurationError for a marker that is not understood."""
    known = {match["name"] for match in _BLOCK.finditer(text)}
    for name in _MARKER.findall(text):
        if name not in PARTS or name not in known:
            raise ConfigurationError(f"<!-- begin: {name} -->: no such part, or its end is missing. {', '.join(PARTS)}")
    return _BLOCK.sub(lambda match: f"{match['begin']}{PARTS[match['name']]()}\n{match['end']}", text)
