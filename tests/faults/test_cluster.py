"""A run that is quiet is compared as it is: a dump that mends itself later was wrong, and so was one that spoils."""

import pytest

from tests.faults import cluster
from tests.faults.cluster import Run


class Looked(Run):
    """A run of which only the dumps are known, one for each look."""

    def __init__(self, *dumps: list[str]) -> None:
        self._dumps = list(dumps)

    def lines(self) -> list[str]:
        return self._dumps.pop(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "STILL_S", 0.0)


def test_a_dump_that_is_the_expected_one_and_stays_so_is_equal() -> None:
    Looked(["a"], ["a"]).must_equal(["a"])


@pytest.mark.parametrize("dumps", [(["b"], ["a"]), (["a"], ["b"]), (["a"], []), ([], [])])
def test_a_dump_that_is_another_one_at_any_look_is_not(dumps: tuple[list[str], ...]) -> None:
    with pytest.raises(AssertionError, match="undisturbed"):
        Looked(*dumps).must_equal(["a"])
