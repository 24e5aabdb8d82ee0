"""What `/metrics` tells of accepted submissions. Added up once a chunk: a turn costs next to nothing."""

from collections.abc import Sequence

from streams.counts import Counts

Tally = tuple[int, int, int, int]
"""Of a submission's turns: how many are new, duplicate, conflicting and weak."""


def count_accepted(tallies: Sequence[Tally]) -> Counts:
    """Submissions, and their turns by what became of them."""
    if not tallies:
        return {}
    new, duplicate, conflicting, weak = zip(*tallies, strict=True)
    return {
        ("submissions_accepted", ""): len(tallies),
        ("turns", "new"): sum(new),
        ("turns", "duplicate"): sum(duplicate),
        ("turns", "conflicting"): sum(conflicting),
        ("turns", "weak"): sum(weak),
    }
