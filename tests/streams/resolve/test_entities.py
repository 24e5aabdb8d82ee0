"""Names that are one name, and names that only look alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.resolve.entities import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oslo", "OSLO"),
        ("Zoë", "Zoe"),
        ("Zoe\u0308", "Zoë"),
        ("São  Paulo ", "sao paulo"),
        ("Jean-Luc", "Jean Luc"),
        ("St. Olav", "St Olav"),
        ("O'Brien", "O’Brien"),
        ("J.R.R. Tolkien", "JRR Tolkien"),
        ("ＯＳＬＯ", "Oslo"),
        ("Straße", "STRASSE"),
        ('"Rosa"', "Rosa"),
        ("0/)0", "0 0"),
    ],
)
def test_spellings_of_a_name_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C#"),
        ("C", "C++"),
        ("iPhone 3.5", "iPhone 35"),
        ("Room 1-2", "Room 12"),
        ("R&D", "RD"),
        ("がく", "かく"),
        ("कि", "का"),
        ("Ann", "Anna"),
        ("!", "?"),
    ],
)
def test_different_names_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


NAMES = st.text(min_size=1) | st.text("aA1٣ -–/.,()'´½éßſ\u0301\u0345ǅİが", min_size=1)


@settings(deadline=None)
@given(NAMES.filter(str.strip))
def test_a_folded_name_is_never_empty_and_folds_to_itself(name: str) -> None:
    assert fold(name)
    assert fold(fold(name)) == fold(name)
