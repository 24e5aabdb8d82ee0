"""Kafka's trouble in our words; and why no broker lets us in.

Of that the client only says that none did: what the broker said stands in its log lines.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.errors import ConfigurationError, TransientError, TurnlogError

KNOCK_MS = 5_000
REFUSED_USER = (AuthenticationFailedError, SaslAuthenticationFailed)
REFUSED_WAY = (IllegalSaslStateError, UnsupportedSaslMechanismError)
HUNG_UP = (KafkaConnectionError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class KafkaRefused(TurnlogError):
    """Kafka refused what it was asked."""


@contextmanager
def errors_of_ours(brokers: str) -> Iterator[None]:
    """What is away or may be tried again becomes TransientError, what Kafka refuses KafkaRefused."""
    try:
        yield
    except (KafkaConnectionError, KafkaTimeoutError, TimeoutError, OSError) as error:
        raise TransientError(f"Kafka does not answer at {brokers}") from error
    except MessageSizeTooLargeError as error:
        raise KafkaRefused("Kafka: the record is larger than the topic takes") from error
    except KafkaError as error:
        kind = TransientError if error.retriable else KafkaRefused
        raise kind(f"Kafka: {error}") from error


async def refusal_at_the_door(brokers: str, security: Mapping[str, Any]) -> None:
    """Knock at each broker once more. Raises ConfigurationError when one says no, TransientError when one hangs up;
    returns when none says anything."""
    for host, port, _ in collect_hosts(brokers, randomize=False):
        try:
            connection = await create_conn(host, port, request_timeout_ms=KNOCK_MS, **security)
            try:
                await connection.send(MetadataRequest([]))
            finally:
                connection.close()
        except HUNG_UP:  # it may also be on its way down
            raise TransientError(
                f"Kafka at {host}:{port} closes the connection: it is going away, or its listener wants another "
                f"TURNLOG_KAFKA_SECURITY than {protocol_of(security)}"
            ) from None
        except (OSError, KafkaError, TimeoutError, ValueError) as error:
            if reason := explain(error, security):
                raise ConfigurationError(f"Kafka at {host}:{port} {reason}") from None


def explain(error: BaseException, security: Mapping[str, Any]) -> str | None:
    """What a broker's refusal means, in terms of our settings; None when it did not refuse but is away."""
    match error:
        case KafkaError() if isinstance(error, REFUSED_USER):
            user, mechanism = security["sasl_plain_username"], security["sasl_mechanism"]
            return f"refuses user {user} ({mechanism}): check TURNLOG_KAFKA_USER and TURNLOG_KAFKA_PASSWORD"
        case KafkaError() if isinstance(error, REFUSED_WAY):
            return f"does not take {security.get('sasl_mechanism')}: check TURNLOG_KAFKA_MECHANISM"
        case ssl.SSLCertVerificationError():
            why = error.verify_message.rstrip(".")
            return f"shows a certificate that is not trusted: {why}. Check TURNLOG_KAFKA_CA and the host's name"
        case ssl.SSLError():
            return f"and we do not agree on TLS ({error.reason}): check TURNLOG_KAFKA_SECURITY={protocol_of(security)}"
    return None


def protocol_of(security: Mapping[str, Any]) -> str:
    return str(security.get("security_protocol", "PLAINTEXT"))
