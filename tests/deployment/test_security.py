"""Encrypted and guarded, as production is: the whole of turnlog against a Kafka and a ClickHouse that want certificates
and passwords; and what is said when those are wrong."""

import asyncio
import os
import re
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from urllib3.exceptions import InsecureRequestWarning

from streams.adapters.clickhouse import Database, Refused, open_database
from streams.adapters.kafka import KafkaAdmin, open_kafka
from streams.adapters.kafka_publisher import open_publisher
from streams.adapters.kafka_security import client_security
from streams.errors import ConfigurationError, TransientError
from streams.local.child import module_environment
from streams.local.clickhouse.local import LocalClickHouse
from streams.settings import KafkaAccess, Settings
from tests.deployment.secure import (
    PASSWORD,
    PLAIN_PASSWORD,
    USER,
    Certificates,
    SecureKafka,
    access,
    https_front,
    secure_kafka,
    server_context,
)
from tests.integration.local import TURNLOG

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]
CLICKHOUSE_PASSWORD = "clickhouse-8dJw"
SECRETS = (PASSWORD, PLAIN_PASSWORD, CLICKHOUSE_PASSWORD)
HELLO = '{"org_id":"acme","user_id":"ann","options":{"flush":true},"turns":[{"role":"user","text":"I live in Oslo."}]}'


@pytest.fixture(autouse=True)
async def no_socket_stays() -> AsyncIterator[None]:
    """aiokafka 0.14.0 does not wait for the end of a connection that was refused; the broker takes its time for it."""
    yield
    sockets = asyncio.get_running_loop()._selector.get_map()  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        while len(sockets) > 1:  # the loop's own
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    with secure_kafka(tmp_path_factory.mktemp("secure") / "kafka", certificates) as opened:
        yield opened


@pytest.fixture(scope="module")
def guarded(clickhouse: LocalClickHouse, certificates: Certificates) -> Iterator[str]:
    """ClickHouse, for those who show a certificate of our authority."""
    inside = server_context(certificates.server, certificates.server_key, clients=certificates.ca)
    with https_front(clickhouse.port, inside) as address:
        yield address


def user(certificates: Certificates, **others: Any) -> KafkaAccess:
    about: dict[str, Any] = {
        "security": "SASL_SSL",
        "user": USER,
        "password": PASSWORD,
        "ca": certificates.ca,
        **others,
    }
    return KafkaAccess(**about)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"])
async def test_a_user_enters_by_each_mechanism(secure: SecureKafka, certificates: Certificates, mechanism: str) -> None:
    who = {"user": "plain", "password": PLAIN_PASSWORD} if mechanism == "PLAIN" else {}
    async with KafkaAdmin(secure.users, user(certificates, mechanism=mechanism, **who)) as kafka:
        assert isinstance(await kafka.partitions(), dict)


async def test_a_certificate_is_enough_where_the_broker_says_so(
    secure: SecureKafka, certificates: Certificates
) -> None:
    known = KafkaAccess(
        security="SSL", ca=certificates.ca, certificate=certificates.client, key=certificates.client_key
    )
    async with KafkaAdmin(secure.certified, known) as kafka:
        assert isinstance(await kafka.partitions(), dict)
    with pytest.raises(TransientError, match="closes the connection"):
        async with KafkaAdmin(secure.certified, KafkaAccess(security="SSL", ca=certificates.ca)):
            pass


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"password": "wrong"}, "refuses user turnlog, worker=1 (SCRAM-SHA-512): check TURNLOG_KAFKA_USER"),
        ({"user": "nobody"}, "refuses user nobody"),
        ({"mechanism": "PLAIN"}, "(PLAIN): check TURNLOG_KAFKA_USER"),
        ({"ca": None}, "certificate that is not trusted: unable to get local issuer certificate"),
    ],
)
async def test_a_refusal_says_what_to_look_at_and_no_password(
    secure: SecureKafka, certificates: Certificates, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(told)) as refused:
        async with KafkaAdmin(secure.users, user(certificates, **wrong)):
            pass
    assert not any(secret in str(refused.value) for secret in (*SECRETS, "wrong"))


async def test_a_broker_must_be_who_it_is_reached_as_unless_told_otherwise(
    secure: SecureKafka, certificates: Certificates
) -> None:
    elsewhere = secure.users.replace("127.0.0.1", "localhost")
    with pytest.raises(ConfigurationError, match="not valid for 'localhost'"):
        async with KafkaAdmin(elsewhere, user(certificates)):
            pass
    async with KafkaAdmin(elsewhere, user(certificates, verify_host=False)) as kafka:
        assert isinstance(await kafka.partitions(), dict)


async def test_the_wrong_protocol_ends_soon_and_is_named(secure: SecureKafka, certificates: Certificates) -> None:
    began = time.monotonic()
    for brokers, how in (
        (secure.users, KafkaAccess()),
        (secure.users, KafkaAccess(security="SSL", ca=certificates.ca)),
        (secure.broker.address, user(certificates)),
    ):
        with pytest.raises(TransientError, match=f"another TURNLOG_KAFKA_SECURITY than {how.security}"):
            async with KafkaAdmin(brokers, how):
                pass
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"security": "SASL_SSL"}, "needs TURNLOG_KAFKA_USER"),
        ({"security": "SASL_SSL", "user": "ann"}, "needs TURNLOG_KAFKA_USER"),
        ({"user": "ann", "password": "p"}, "sends neither"),
        ({"security": "SSL", "password": "p"}, "sends neither"),
        ({"ca": Path("ca.pem")}, "uses none"),
        ({"security": "SSL", "ca": Path("nowhere.pem")}, "TURNLOG_KAFKA_CA: cannot use nowhere.pem"),
        ({"security": "SSL", "certificate": Path("nowhere.pem")}, "TURNLOG_KAFKA_CERTIFICATE"),
        ({"security": "SSL", "key": Path("nowhere.pem")}, "needs TURNLOG_KAFKA_CERTIFICATE"),
    ],
)
def test_settings_that_do_not_fit_each_other_are_refused(about: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        client_security(KafkaAccess(**about))


def test_a_key_with_a_passphrase_is_refused_without_asking_for_it(certificates: Certificates, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "rsa", "-in", certificates.client_key, "-aes256", "-passout", "pass:x", "-out", locked]
        if b"BEGIN RSA" in certificates.client_key.read_bytes()
        else ["openssl", "pkcs8", "-topk8", "-in", certificates.client_key, "-passout", "pass:x", "-out", locked],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ConfigurationError, match="locked with a passphrase"):
        client_security(KafkaAccess(security="SSL", certificate=certificates.client, key=locked))


def test_clickhouse_is_reached_by_https_with_a_certificate_or_a_password(
    guarded: str, certificates: Certificates
) -> None:
    certified = Settings(
        clickhouse=guarded,
        clickhouse_ca=certificates.ca,
        clickhouse_certificate=certificates.client,
        clickhouse_key=certificates.client_key,
    )
    for settings in (certified, certified.model_copy(update={"clickhouse_password": CLICKHOUSE_PASSWORD})):
        database = open_database(settings)
        assert database.query("SELECT 1 AS one") == [{"one": 1}]
        assert b"".join(database.stream("SELECT 2", form="TSV")) == b"2\n"
        database.close()


def test_a_clickhouse_that_cannot_prove_itself_is_refused(
    clickhouse: LocalClickHouse, guarded: str, certificates: Certificates
) -> None:
    with pytest.raises(Refused, match=r"not trusted\. Check TURNLOG_CLICKHOUSE_CA"):
        Database(guarded).query("SELECT 1")
    misnamed = server_context(certificates.misnamed, certificates.misnamed_key)
    with https_front(clickhouse.port, misnamed) as address:
        with pytest.raises(Refused, match="not trusted"):
            open_database(Settings(clickhouse=address, clickhouse_ca=certificates.ca)).query("SELECT 1")
        anyone = open_database(Settings(clickhouse=address, clickhouse_verify=False))
        with pytest.warns(InsecureRequestWarning):
            assert anyone.query("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"clickhouse": "https://ann:se-cret@host:8443"}, "must not hold user and password"),
        ({"clickhouse": "host:8443"}, "must be http://host:port"),
        ({"clickhouse": "https://host:84 43"}, "must be http://host:port"),
        ({"clickhouse": "http://host:8123", "clickhouse_ca": Path("ca.pem")}, "is no https address"),
        ({"clickhouse": "https://host:8443", "clickhouse_ca": Path("nowhere.pem")}, "there is no file nowhere.pem"),
    ],
)
def test_an_address_of_clickhouse_that_cannot_be_meant_is_refused(about: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        open_database(Settings(**about))
    assert "se-cret" not in str(refused.value)


def test_no_password_is_shown_by_what_holds_one() -> None:
    settings = Settings(clickhouse_password=CLICKHOUSE_PASSWORD, kafka_access=KafkaAccess(user=USER, password=PASSWORD))
    from streams.engine import EngineSettings

    engine = EngineSettings(security={"sasl_plain_password": PASSWORD})
    for shown in (repr(settings), str(settings), repr(engine), str(engine)):
        assert not any(secret in shown for secret in SECRETS)


async def test_every_client_is_made_with_what_the_settings_say(secure: SecureKafka, certificates: Certificates) -> None:
    settings = Settings(kafka=secure.users, kafka_access=user(certificates))
    async with open_kafka(settings) as kafka, open_publisher(settings, max_record=1 << 20):
        assert await kafka.members("turnlog-nobody") == 0
    for path in (Path(__file__).parents[2] / "streams").rglob("*.py"):
        made = re.findall(
            r"\b(?:KafkaAdmin|Publisher|AIOKafka\w+)\((?!settings\.kafka, settings)(.{0,60})", _code(path)
        )
        assert all("**" in arguments for arguments in made), f"{path}: {made}"


def _code(path: Path) -> str:
    """Calls on one line; no classes, no types."""
    text = re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
    return re.sub(r"class \w+\(.*?\)|open_kafka\(\.\.\.\)", "", text)


@pytest.mark.clickhouse
def test_everything_runs_over_tls_and_tells_no_password(
    secure: SecureKafka, guarded: str, certificates: Certificates, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        **module_environment(),
        **access(certificates),
        "TURNLOG_KAFKA": secure.users,
        "TURNLOG_CLICKHOUSE": guarded,
        "TURNLOG_CLICKHOUSE_PASSWORD": CLICKHOUSE_PASSWORD,
        "TURNLOG_CLICKHOUSE_CA": str(certificates.ca),
        "TURNLOG_CLICKHOUSE_CERTIFICATE": str(certificates.client),
        "TURNLOG_CLICKHOUSE_KEY": str(certificates.client_key),
        "TURNLOG_CLICKHOUSE_DATABASE": "guarded",
        "TURNLOG_PARTITIONS": "1",
    }
    said: list[str] = []

    def turnlog(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*TURNLOG, *arguments], env=environment | changes, capture_output=True, text=True, timeout=120
        )
        said.extend([done.stdout, done.stderr])
        return done

    refused = turnlog("topics", "ensure", TURNLOG_KAFKA_PASSWORD="wrong")
    assert (refused.returncode, "refuses user" in refused.stderr) == (3, True)
    assert turnlog("topics", "ensure").returncode == 0
    assert turnlog("migrate").returncode == 0
    assert turnlog("worker", TURNLOG_KAFKA_PASSWORD="wrong").returncode == 3
    stage = turnlog("stage", "ingest", TURNLOG_KAFKA_PASSWORD="wrong")
    assert (stage.returncode, "SaslAuthenticationFailed" in stage.stderr) == (11, True)
    file, log = tmp_path / "hello.jsonl", tmp_path / "log"
    file.write_text(HELLO)
    with log.open("wb") as output:
        worker = subprocess.Popen([*TURNLOG, "worker"], env=environment, stdout=output, stderr=output)
    try:
        assert turnlog("publish", str(file)).returncode == 0
        deadline = time.monotonic() + 240
        while "Oslo" not in turnlog("facts", "--org", "acme", "--user", "ann", "--json").stdout:
            assert worker.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
        shown = turnlog("status", "--json")
        processes = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
        lines = [" ".join(process.cmdline()) for process in processes]
        assert (shown.returncode, len(lines)) == (0, 7), shown.stdout
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert not [secret for secret in SECRETS for text in (*said, *lines, log.read_text()) if secret in text]
