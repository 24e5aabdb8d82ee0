"""Tokens as the server counts them, and what they cost."""

from typing import NamedTuple, Protocol


class Usage(NamedTuple):
    """Tokens of one or more questions; `tokens_cached` are part of `tokens_in`."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.tokens_cached + other.tokens_cached,
        )


class Tariff(Protocol):
    """US dollars per million tokens, which is millionths of a dollar per token."""

    @property
    def input(self) -> float: ...
    @property
    def output(self) -> float: ...
    @property
    def cached(self) -> float | None: ...


def cost_micros(usage: Usage, tariff: Tariff | None) -> int:
    """Millionths of a US dollar; 0 where no price is known."""
    if tariff is None:
        return 0
    cached = tariff.input if tariff.cached is None else tariff.cached
    fresh = max(usage.tokens_in - usage.tokens_cached, 0)
    return round(fresh * tariff.input + usage.tokens_cached * cached + usage.tokens_out * tariff.output)
