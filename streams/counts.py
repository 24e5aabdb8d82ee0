"""What stages count, beside what they decide: a number per name and label, which reaches `/metrics` on commit."""

from collections.abc import Mapping
from typing import Literal

Name = Literal[
    "submissions_accepted", "submissions_resubmitted", "submissions_refused", "turns", "redactions", "rekeyed",
    "unknown_fields", "idle_ticks", "dead_letters", "windows_closed", "extractions", "deferrals",
    "calls", "finish_reasons", "tokens", "cost_micros", "call_seconds", "candidates_dropped", "facts", "jobs_ended",
    "rows", "insert_seconds", "retries",
]  # fmt: skip
"""Each is a metric of `streams/metrics.py`, where it is said what its label holds."""

Counts = Mapping[tuple[Name, str], int]
"""(name, label) -> how many; the label is "" where the metric has none, and what was observed where it is a histogram.

Labels come from closed sets of ours: never an id, a name or a text.
"""
