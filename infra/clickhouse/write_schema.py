"""Write `schema.sql` and `views.md` anew: `python -m infra.clickhouse.write_schema http://127.0.0.1:8123`.

The migrations are applied to a database that is dropped again; what the server then says it holds is the schema.
"""

import sys
from pathlib import Path
from uuid import uuid4

from infra.clickhouse.dictionary import dictionary
from streams.adapters.clickhouse import Database
from streams.admin.migrate import migrate, schema

HERE = Path(__file__).parent


def write(address: str) -> None:
    client, database = Database(address), f"schema_{uuid4().hex[:12]}"
    try:
        migrate(client, database, "")
        (HERE / "schema.sql").write_text(schema(client, database), encoding="utf-8")
        (HERE / "views.md").write_text(dictionary(client, database), encoding="utf-8")
    finally:
        for name in (database, f"{database}_data"):
            client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
        client.close()


if __name__ == "__main__":
    write(sys.argv[1])
