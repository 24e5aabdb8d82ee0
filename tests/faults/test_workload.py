"""Every seed gives a workload, the same each time."""

from tests.faults.workload import records


def test_any_seed_gives_as_many_records_as_are_wanted_and_the_same_again() -> None:
    """Also the one that contradicts somebody of whom nothing but a dry run was sent."""
    for seed in (*range(100), 5006):
        made = records(1800 if seed == 5006 else 100, seed=seed)
        assert len(made) >= 100
        assert made == records(1800 if seed == 5006 else 100, seed=seed)
