"""Every error of ours, in one tree.

    TurnlogError
    ├── PermanentError            never succeeds by trying again: dead letter now
    │   ├── Malformed             MALFORMED
    │   ├── Invalid               VALIDATION_ERROR
    │   ├── TooLarge              TOO_LARGE
    │   ├── IdempotencyConflict   IDEMPOTENCY_CONFLICT
    │   ├── TurnConflict          TURN_CONFLICT
    │   ├── PolicyDenied          POLICY_DENY
    │   └── ExtractionFailed      EXTRACTION_FAILED
    ├── TransientError            may succeed later: bounded retry in place
    ├── ConfigurationError        a setting, topic or table is not what it must be: refuse to start
    └── LocalModeError            the local broker, database or supervisor cannot do what was asked

The class decides what happens, never the place that catches it.
"""

from typing import ClassVar


class TurnlogError(Exception):
    """Something turnlog cannot do, said to the person who asked."""


class PermanentError(TurnlogError):
    """A record that can never be accepted as it is. Its text names fields and limits, never what they held."""

    code: ClassVar[str] = "INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class Malformed(PermanentError):
    """The record is not a JSON object in UTF-8."""

    code = "MALFORMED"


class Invalid(PermanentError):
    """A field breaks a rule of the contract."""

    code = "VALIDATION_ERROR"


class TooLarge(PermanentError):
    """A text or the whole record is over its limit."""

    code = "TOO_LARGE"


class IdempotencyConflict(PermanentError):
    """The job id was used before with other turns or options."""

    code = "IDEMPOTENCY_CONFLICT"


class TurnConflict(PermanentError):
    """Turns with a known event id say something else than before; the first stays."""

    code = "TURN_CONFLICT"


class PolicyDenied(PermanentError):
    """The visibility, model or scope is not allowed here."""

    code = "POLICY_DENY"


class ExtractionFailed(PermanentError):
    """The extractor gave no usable answer for a window, and will not."""

    code = "EXTRACTION_FAILED"
    retryable = True


class TransientError(TurnlogError):
    """Something outside is away or overloaded; the same attempt may succeed later."""


class ConfigurationError(TurnlogError):
    """A setting, topic or table is not what it must be; the message says the way out."""


class LocalModeError(TurnlogError):
    """The local broker, database or supervisor cannot do what was asked; the message says the way out."""
