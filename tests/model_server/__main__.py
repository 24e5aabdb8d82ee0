"""The model server as a process: its address on the first line, then answers until SIGTERM or Ctrl-C."""

import argparse
import signal
import threading

from tests.model_server.server import ModelServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.model_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--key", default="test-key")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every answer")
    parser.add_argument("--busy-every", type=int, default=0, help="every so manyth question gets 503")
    given = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ModelServer(port=given.port, key=given.key, delay_s=given.delay, busy_every=given.busy_every) as server:
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
