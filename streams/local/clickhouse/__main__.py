"""python -m streams.local.clickhouse PATH --port N"""

import argparse
import sys
from pathlib import Path

from streams.errors import LocalModeError
from streams.local.clickhouse.database import Places
from streams.local.clickhouse.rights import Limits
from streams.local.clickhouse.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m streams.local.clickhouse", description=__doc__)
    parser.add_argument("path", type=Path, help="the database folder")
    parser.add_argument("--port", type=int, required=True, help="the port on the loopback interface")
    parser.add_argument("--readers", type=int, default=Places().readers, help="queries that read at once")
    parser.add_argument("--writers", type=int, default=Places().writers, help="statements that write at once")
    parser.add_argument("--patience", type=float, default=Places().patience, help="seconds to wait for a place")
    parser.add_argument("--seconds", type=int, default=Limits().max_execution_time, help="the longest a query runs")
    chosen = parser.parse_args()
    places = Places(chosen.readers, chosen.writers, chosen.patience)
    limits = Limits()._replace(max_execution_time=chosen.seconds)
    try:
        serve(chosen.path, port=chosen.port, places=places, limits=limits)
    except LocalModeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
