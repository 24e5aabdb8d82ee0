"""No text is slow: what a rule of secrets looks for, begun again and again and never finished, at the full length."""

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.submission import MAX_TEXT
from streams.ingest.redact import redact
from streams.ingest.secret_rules import RULES
from tests.fuzz.judge import quickly
from tests.streams.ingest.test_redact import SAID, SECRETS

WHOLE = [secret for _, secret in SECRETS] + [said.format(secret) for _, said, secret in SAID]
BEGUN = [form[: len(form) // 2] for form in WHOLE]
WORDS = re.findall(r"\w+|\W", " ".join(said for _, said, _ in SAID))
FILLERS = [" ", "\n", "a", "1", "é", "=", ":", "-", ".", "\\n", '"', "'", "[REDACTED:password]", "\u3000"]
pieces = st.sampled_from(WHOLE + BEGUN + WORDS + FILLERS)


def long(unit: str, start: str = "", end: str = "") -> str:
    """As long as a text may be."""
    return start + (unit * (MAX_TEXT // len(unit) + 1))[: MAX_TEXT - len(start) - len(end)] + end


@settings(max_examples=40, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=5).map("".join), pieces, pieces)
@example(unit="４２４２４２４２４２４２４２４２,", start="{", end="")  # one was found at each look
def test_any_text_is_redacted_in_a_time_that_goes_by_its_length(unit: str, start: str, end: str) -> None:
    text = long(unit, start, end)
    found: Counter[str] = Counter()
    once = quickly(lambda: redact(text, found), len(text))
    assert quickly(lambda: redact(once, Counter()), len(once)) == once


@pytest.mark.parametrize("kind", sorted({rule.kind for rule in RULES}))
def test_secrets_one_after_the_other_are_replaced_in_time(kind: str) -> None:
    form = next(form for form, (named, *_) in zip(WHOLE, [*SECRETS, *SAID], strict=True) if named == kind)
    text = long(f"{form} \n")
    found: Counter[str] = Counter()
    quickly(lambda: redact(text, found), len(text))
    assert sum(found.values()) > 100
