"""The local ClickHouse server as a child of ours, its data kept in a folder."""

import http.client
from collections.abc import Sequence
from pathlib import Path

from streams.errors import LocalModeError
from streams.local.child import Child, module_command, module_environment
from streams.local.ports import LOOPBACK, is_free, keep_ports
from streams.local.service import Service


class LocalClickHouse(Service):
    """A database server of ours."""

    name = "clickhouse"

    def __init__(
        self, data: Path, *, port: int | None = None, log: Path | None = None, options: Sequence[str] = ()
    ) -> None:
        super().__init__(data, log or data / "server.log")
        self._wanted_port, self._options = port, tuple(options)
        self._port: int | None = None

    def choose_command(self) -> Child:
        if self._port is None or not is_free(self._port):
            (self._port,) = keep_ports(self.data / "ports.json", wanted=[self._wanted_port])
        arguments = [str(self.data / "db"), "--port", str(self._port), *self._options]
        command = module_command("streams.local.clickhouse", arguments)
        return Child(self.name, command, log=self.log, env=module_environment())

    def ready(self) -> bool:
        """The server answers; its database is open by then."""
        return self._port is not None and is_ready(self._port)

    @property
    def port(self) -> int:
        """Known from the first start on."""
        if self._port is None:
            raise LocalModeError("clickhouse has not been started")
        return self._port

    @property
    def address(self) -> str:
        """The address for clients."""
        return f"http://{LOOPBACK}:{self.port}"


def is_ready(port: int) -> bool:
    """The server on that port answers a ping."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=1)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
