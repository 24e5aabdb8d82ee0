"""From the settings of access to the arguments that every Kafka client takes: protocol, certificates, user."""

import ssl
from typing import Any

from streams.errors import ConfigurationError
from streams.settings import KafkaAccess


def client_security(access: KafkaAccess) -> dict[str, Any]:
    """Nothing for a listener in the clear. Reads the certificates; raises ConfigurationError naming what is wrong."""
    check_access(access)
    about: dict[str, Any] = {} if access.security == "PLAINTEXT" else {"security_protocol": access.security}
    if access.security.endswith("SSL"):
        about["ssl_context"] = tls_context(access)
    if access.security.startswith("SASL"):
        about |= {
            "sasl_mechanism": access.mechanism,
            "sasl_plain_username": access.user,
            "sasl_plain_password": access.password,
        }
    return about


def check_access(access: KafkaAccess) -> None:
    """A setting that would silently do nothing is refused, as is one that is missing."""
    sasl, tls = access.security.startswith("SASL"), access.security.endswith("SSL")
    if sasl and not (access.user and access.password):
        raise ConfigurationError(
            f"TURNLOG_KAFKA_SECURITY={access.security} needs TURNLOG_KAFKA_USER and TURNLOG_KAFKA_PASSWORD"
        )
    if not sasl and (access.user or access.password):
        raise ConfigurationError(
            f"TURNLOG_KAFKA_USER or TURNLOG_KAFKA_PASSWORD is set, but TURNLOG_KAFKA_SECURITY={access.security} sends "
            "neither: choose SASL_SSL, or remove them"
        )
    if not tls and (access.ca or access.certificate or access.key):
        raise ConfigurationError(
            f"certificates are set, but TURNLOG_KAFKA_SECURITY={access.security} uses none: choose SSL or SASL_SSL"
        )


def tls_context(access: KafkaAccess) -> ssl.SSLContext:
    """Brokers must always prove themselves; only whether the host's name counts can be chosen."""
    try:
        context = ssl.create_default_context(cafile=access.ca)
    except OSError as error:  # ssl.SSLError is one
        raise _unreadable("TURNLOG_KAFKA_CA", access.ca, error) from None
    context.check_hostname = access.verify_host
    if access.certificate is not None:
        try:
            context.load_cert_chain(access.certificate, access.key, password=_no_passphrase)
        except OSError as error:
            files = " and ".join(str(path) for path in (access.certificate, access.key) if path)
            raise _unreadable("TURNLOG_KAFKA_CERTIFICATE, TURNLOG_KAFKA_KEY", files, error) from None
    elif access.key is not None:
        raise ConfigurationError("TURNLOG_KAFKA_KEY needs TURNLOG_KAFKA_CERTIFICATE")
    return context


def _no_passphrase() -> str:
    """OpenSSL would ask at the terminal, and wait."""
    raise ssl.SSLError("the private key is locked with a passphrase; it must be without one")


def _unreadable(names: str, files: object, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{names}: cannot use {files}: {error.strerror or error}")
