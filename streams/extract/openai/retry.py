"""Whether and when a question is asked again: one rule for the way to the server and for what it answers."""

from typing import Literal, NamedTuple

Kind = Literal["busy", "blocked", "late", "unknown", "unusable", "permanent"]
"""Who is to blame, and so what helps.

busy: the server surely did nothing; blocked: nor will it before somebody pays or mends a setting; late: it took all the
time there is for a question, and others wait; unknown: it may have answered, and billed; unusable: it answered, and the
answer is none; permanent: it never will.
"""


class Trouble(NamedTuple):
    """Why there is no answer. Its text names what happened, never what was asked or said."""

    kind: Kind
    message: str
    retry_after_s: float | None = None
    reached: bool = True
    finish_reason: str | None = None
    of_server: bool = False
    """Whether it concerns whoever asks, whatever is asked."""


class Policy(NamedTuple):
    """How often and how long."""

    attempts: int
    patience_s: float
    first_s: float
    most_s: float = 20.0


class Tried(NamedTuple):
    """What a window has gone through so far: attempts that count, and waits."""

    failed: int = 0
    waits: int = 0
    waited_s: float = 0.0


class Again(NamedTuple):
    """Ask again, after this long."""

    wait_s: float
    tried: Tried


def decide(trouble: Trouble, tried: Tried, policy: Policy, *, spread: float) -> Again | None:
    """Nothing: give up. `spread` (0 to 1) keeps questions that failed together from coming together again."""
    if trouble.kind in ("blocked", "late", "permanent"):
        return None
    failed = tried.failed + (trouble.kind != "busy")
    if failed >= policy.attempts:
        return None
    if trouble.kind == "unusable":  # the server is well: nothing to wait for
        return Again(0.0, tried._replace(failed=failed))
    backoff = min(policy.first_s * 2.0**tried.waits, policy.most_s)
    wait_s = max(backoff, trouble.retry_after_s or 0.0) * (1 + spread / 4)
    if tried.waited_s + wait_s > policy.patience_s:
        return None
    return Again(wait_s, Tried(failed, tried.waits + 1, tried.waited_s + wait_s))
