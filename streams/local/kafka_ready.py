"""Ask a broker whether it serves: an open port alone does not mean so."""

import socket
import struct

from streams.local.ports import LOOPBACK

API_VERSIONS, METADATA = 18, 3
TIMEOUT = 1.0


def is_ready(port: int) -> bool:
    """ApiVersions answers without error, and Metadata names a broker that may serve and a controller."""
    try:
        versions = ask(port, API_VERSIONS, 0, b"")
        metadata = ask(port, METADATA, 1, struct.pack(">i", 0))
    except (OSError, struct.error, EOFError):
        return False
    return struct.unpack(">h", versions[:2])[0] == 0 and names_broker_and_controller(metadata)


def names_broker_and_controller(metadata: bytes) -> bool:
    """Read a Metadata v1 response: brokers (id, host, port, rack), then the controller's id."""
    (brokers,) = struct.unpack_from(">i", metadata)
    position = 4
    for _ in range(brokers):
        position += 4
        position += 2 + struct.unpack_from(">h", metadata, position)[0] + 4
        position += 2 + max(0, struct.unpack_from(">h", metadata, position)[0])
    (controller,) = struct.unpack_from(">i", metadata, position)
    return brokers > 0 and bool(controller >= 0)


def ask(port: int, api: int, version: int, body: bytes) -> bytes:
    """Send one request and return the body of its response."""
    request = struct.pack(">hhih", api, version, 1, 5) + b"ready" + body
    with socket.create_connection((LOOPBACK, port), TIMEOUT) as connection, connection.makefile("rb") as answer:
        connection.sendall(struct.pack(">i", len(request)) + request)
        (length,) = struct.unpack(">i", answer.read(4))
        response = answer.read(length)
    if len(response) < length:
        raise EOFError
    return response[4:]
