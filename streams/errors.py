"""Every error of ours, in one tree.

    TurnlogError
    ├── PermanentError            never succeeds by trying again: dead letter now
    │   ├── Malformed             MALFORMED
    │   ├── Invalid               VALIDATION_ERROR
    │   ├── TooLarge              TOO_LARGE
    │   ├── IdempotencyConflict   IDEMPOTENCY_CONFLICT
    │   ├── TurnConflict          TURN_CONFLICT
    │   ├── PolicyDenied          POLICY_DENY
    │   ├── ExtractionFailed      EXTRACTION_FAILED
    │   └── Internal              INTERNAL
    ├── TransientError            may succeed later: bounded retry in place
    │   └── Unavailable           the extractor cannot answer now: the window is deferred
    ├── ConfigurationError        a setting, topic or table is not what it must be: refuse to start
    └── LocalModeError            the local broker, database or supervisor cannot do what was asked

The class decides what happens, never the place that catches it.
"""

from typing import ClassVar, NamedTuple


class Spent(NamedTuple):
    """What an extractor used before it gave up: requests that reached it, tokens and money, for the ledger."""

    attempts: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_micros: int = 0
    latency_ms: int = 0


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

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        spent: Spent | None = None,
        model: str = "",
        finish_reason: str | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.spent = spent or Spent(attempts=1)
        self.model = model
        self.finish_reason = finish_reason


class Internal(PermanentError):
    """Our own code crashed at this record every time it was tried. A version that does not may take it."""

    code = "INTERNAL"
    retryable = True


class TransientError(TurnlogError):
    """Something outside is away or overloaded; the same attempt may succeed later."""


class Unavailable(TransientError):
    """The extractor cannot answer now: overloaded, away, not paid, or the key is not accepted. Ask again later."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        spent: Spent | None = None,
        model: str = "",
        of_server: bool = False,
    ) -> None:
        """`of_server`: nobody gets an answer now, whatever is asked; else it may be the question."""
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.of_server = of_server
        self.spent = spent or Spent()
        self.model = model


class ConfigurationError(TurnlogError):
    """A setting, topic or table is not what it must be; the message says the way out."""


class LocalModeError(TurnlogError):
    """The local broker, database or supervisor cannot do what was asked; the message says the way out."""
