"""The dictionary of the public views: every view and column with its meaning, as the database tells it."""

from streams.adapters.clickhouse import Database
from streams.admin.comments import View, columns, comment, views

HEAD = """\
# Views

Made by `python -m infra.clickhouse.write_schema`; the meanings stand in `comments.toml` and in the database itself:
`DESCRIBE TABLE turnlog.facts`. Filter by `org_id` and `user_id` first: rows lie in that order.
"""


def dictionary(client: Database, database: str) -> str:
    """All public views in Markdown."""
    return "\n".join([HEAD, *(_section(client, database, view) for view in views(client, database))])


def _section(client: Database, database: str, view: View) -> str:
    rows = [
        f"| `{column.name}` | {_cell(column.type)} | {_cell(comment(view.name, column.name) or '')} |"
        for column in columns(client, database, view)
    ]
    call = f"\nIn FROM it is called `{view.called}`.\n" if view.parameters else ""
    table = ["| column | type | |", "|---|---|---|", *rows]
    return f"## {view.name}\n\n{view.comment}\n{call}\n" + "\n".join(table) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
