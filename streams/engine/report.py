"""Log lines: an action and its fields. Never texts or values of records."""

import logging
import time

log = logging.getLogger("streams.engine")


def report(action: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one line `action=... key=value ...`; formatters find the same in the record's `action` and `fields`."""
    if log.isEnabledFor(level):
        line = " ".join((f"action={action}", *(f"{name}={value}" for name, value in fields.items())))
        log.log(level, line, extra={"action": action, "fields": fields})


class Throttle(logging.Filter):
    """Lets one line a second of each kind pass: Kafka clients log hundreds a second while a broker is away."""

    def __init__(self, every_s: float = 1.0) -> None:
        super().__init__()
        self._every_s = every_s
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == log.name:
            return True
        kind, now = (record.name, record.lineno), time.monotonic()
        if now - self._last.get(kind, -self._every_s) < self._every_s:
            return False
        self._last[kind] = now
        return True


def throttle_logs() -> None:
    """Throttle every handler of the root logger (a filter on a logger would not see its children's lines)."""
    throttle = Throttle()
    for handler in logging.getLogger().handlers:
        handler.addFilter(throttle)
