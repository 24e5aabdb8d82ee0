"""What `/metrics` tells of accepted submissions. Added up once a chunk: a turn costs next to nothing."""

from collections.abc import Sequence

from streams.counts import Counts
from streams.ingest.accepted import Decision


def count_accepted(decisions: Sequence[Decision]) -> Counts:
    """Submissions, and their turns by what became of them."""
    if not decisions:
        return {}
    _, _, new, duplicate, conflicting, weak, _, _ = zip(*decisions, strict=True)
    return {
        ("submissions_accepted", ""): len(decisions),
        ("turns", "new"): sum(map(len, new)),
        ("turns", "duplicate"): sum(duplicate),
        ("turns", "conflicting"): sum(conflicting),
        ("turns", "weak"): sum(weak),
    }
