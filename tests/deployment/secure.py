"""Services as production has them, on one machine: certificates of an authority of its own, users with passwords."""

import asyncio
import json
import queue
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import trustme
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives import serialization

from streams.local.kafka import LocalKafka
from streams.local.ports import LOOPBACK, find_free_ports

USER = "turnlog, worker=1"
PASSWORD = 'p%s "quoted", =ümlaut'
PLAIN_PASSWORD = "plain-Kd83hs"
PREFIX = "turnlog-"
TOPICS = ("turns", "ingest-rekeyed", "conversations", "extractions", "extractions-backfill", "results", "dead-letters")
TOPIC_PREFIXES = ("facts.g", "jobs.g", PREFIX)
TOPIC_RIGHTS = (AclOperation.READ, AclOperation.WRITE, AclOperation.CREATE, AclOperation.DESCRIBE_CONFIGS)


class Certificates:
    """An authority nobody else knows, and what it signed, as PEM files."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        self.server, self.server_key = _issue(authority.issue_cert(LOOPBACK), folder / "server")
        self.client, self.client_key = _issue(authority.issue_cert("turnlog@example.org"), folder / "client")
        self.misnamed, self.misnamed_key = _issue(authority.issue_cert("elsewhere.example.org"), folder / "misnamed")
        self.both = folder / "server.both.pem"
        self.both.write_bytes(self.server_key.read_bytes() + self.server.read_bytes())


class SecureKafka(NamedTuple):
    """A broker with three doors."""

    broker: LocalKafka
    users: str
    """SASL_SSL: users with passwords."""
    certified: str
    """SSL: clients with certificates."""


@contextmanager
def secure_kafka(folder: Path, certificates: Certificates) -> Iterator[SecureKafka]:
    """A broker that also speaks SASL_SSL, to users of every mechanism, and TLS to clients with a certificate."""
    folder.mkdir()
    clear, controller, users, certified = find_free_ports(4)
    (folder / "ports.json").write_text(json.dumps([clear, controller]))
    doors = f"PLAINTEXT://{LOOPBACK}:{clear},USERS://{LOOPBACK}:{users},CERTIFIED://{LOOPBACK}:{certified}"
    modules = "org.apache.kafka.common.security"
    properties = {
        "listeners": f"{doors},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": doors,
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,USERS:SASL_SSL,CERTIFIED:SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificates.both),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(certificates.ca),
        "listener.name.certified.ssl.client.auth": "required",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # whoever comes in the clear: the broker itself, and these tests
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.users.plain.sasl.jaas.config": (
            f'{modules}.plain.PlainLoginModule required user_plain="{PLAIN_PASSWORD}";'
        ),
        "listener.name.users.scram-sha-256.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
        "listener.name.users.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
    }
    with LocalKafka(folder, port=clear, properties=properties) as broker:
        _add_user(broker.address)
        _grant(broker.address)
        yield SecureKafka(broker, f"{LOOPBACK}:{users}", f"{LOOPBACK}:{certified}")


def access(certificates: Certificates, **others: str) -> dict[str, str]:
    """The settings of our user with SCRAM over TLS; `others` win."""
    about = {"security": "SASL_SSL", "user": USER, "password": PASSWORD, "ca": str(certificates.ca), **others}
    return {f"TURNLOG_KAFKA_{name.upper()}": value for name, value in about.items()}


def _add_user(address: str) -> None:
    wanted = [
        UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
    ]
    admin = AdminClient({"bootstrap.servers": address})
    for one in wanted:  # Kafka takes one change of a user a request
        for done in admin.alter_user_scram_credentials([one]).values():
            done.result(20)


def _grant(address: str) -> None:
    """What README says that a worker's user may do, and nothing else."""
    rights = [
        *((ResourceType.TOPIC, name, ResourcePatternType.LITERAL, TOPIC_RIGHTS) for name in TOPICS),
        *((ResourceType.TOPIC, name, ResourcePatternType.PREFIXED, TOPIC_RIGHTS) for name in TOPIC_PREFIXES),
        (ResourceType.GROUP, PREFIX, ResourcePatternType.PREFIXED, (AclOperation.READ,)),
        (ResourceType.TRANSACTIONAL_ID, PREFIX, ResourcePatternType.PREFIXED, (AclOperation.WRITE,)),
    ]
    who, allow = f"User:{USER}", AclPermissionType.ALLOW
    bindings = [
        AclBinding(kind, name, pattern, who, "*", operation, allow)
        for kind, name, pattern, operations in rights
        for operation in operations
    ]
    admin = AdminClient({"bootstrap.servers": address})
    for done in admin.create_acls(bindings).values():
        done.result(20)


def _issue(certificate: trustme.LeafCert, name: Path) -> tuple[Path, Path]:
    """Certificate and key; the key in PKCS #8, the one form that Kafka reads."""
    chain, key = name.with_suffix(".pem"), name.with_suffix(".key")
    chain.write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    private = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return chain, key


@contextmanager
def https_front(target: int, context: ssl.SSLContext) -> Iterator[str]:
    """An https address whose bytes go, out of their wrapping, to a port on this machine, and back."""
    opened: queue.Queue[tuple[str, Callable[[], object]]] = queue.Queue()

    async def serve() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        async with await asyncio.start_server(join, LOOPBACK, 0, ssl=context) as server:
            port = server.sockets[0].getsockname()[1]
            opened.put((f"https://{LOOPBACK}:{port}", lambda: loop.call_soon_threadsafe(stop.set)))
            await stop.wait()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(LOOPBACK, target)
        try:
            await asyncio.gather(pour(reader, outer), pour(inner, writer))
        except asyncio.CancelledError:  # the front closes while clients keep their connections
            pass
        finally:
            outer.transport.abort()
            writer.transport.abort()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    address, end = opened.get(timeout=10)
    try:
        yield address
    finally:
        end()
        thread.join(10)


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything from one side to the other, then the end."""
    try:
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def server_context(certificate: Path, key: Path, *, clients: Path | None = None) -> ssl.SSLContext:
    """What a TLS server shows; `clients`: who must have signed the certificate that each client shows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
