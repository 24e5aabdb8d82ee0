import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.window.cut import estimated_tokens
from streams.window.pieces import cut_text


@given(st.text(max_size=400), st.integers(1, 40))
def test_pieces_put_together_are_the_text_and_each_fits(text: str, tokens: int) -> None:
    pieces = cut_text(text, tokens)
    assert "".join(pieces) == text
    assert all(estimated_tokens(piece) <= tokens for piece in pieces)
    assert all(pieces) or not text


@given(st.text(alphabet="ab .\n", max_size=300), st.integers(1, 20))
def test_no_piece_but_the_last_is_needlessly_small(text: str, tokens: int) -> None:
    assert all(len(piece) >= tokens for piece in cut_text(text, tokens)[:-1])


def test_a_text_that_fits_is_one_piece() -> None:
    assert cut_text("Short. Enough.", 100) == ["Short. Enough."]


@pytest.mark.parametrize(
    ("text", "tokens", "pieces"),
    [
        ("I live in Oslo now. My sister Ann does not.", 8, ["I live in Oslo now. ", "My sister Ann does not."]),
        ('She said "I will." Then she went away again.', 8, ['She said "I will." ', "Then she went away again."]),
        ("The price is 3.14 and 2.71 euros each, he said.", 5, None),
        ("我住在北京。我的妹妹住在上海！你呢？", 9, ["我住在北京。", "我的妹妹住在上海！你呢？"]),
        ("私は東京に住んでいます。「はい。」と言った", 12, ["私は東京に住んでいます。", "「はい。」と言った"]),
        ("मैं दिल्ली में रहता हूँ। तुम कहाँ हो", 18, ["मैं दिल्ली में रहता हूँ। ", "तुम कहाँ हो"]),
        ("first line\nsecond line\nthird", 6, ["first line\nsecond line\n", "third"]),
        ("one two three four five six", 4, ["one two three ", "four five six"]),
        ("abcdefghij", 2, ["abcdefgh", "ij"]),
        ("ééééé", 1, ["éé", "éé", "é"]),
        ("😀😀😀", 1, ["😀", "😀", "😀"]),
    ],
)
def test_texts_are_cut_where_a_reader_would(text: str, tokens: int, pieces: list[str] | None) -> None:
    found = cut_text(text, tokens)
    if pieces is None:
        assert not any(piece.endswith(("3.", "2.")) for piece in found)
    else:
        assert found == pieces


def test_a_sentence_that_ends_early_does_not_make_a_tiny_piece() -> None:
    text = "Hi. " + "word " * 30
    assert cut_text(text, 20)[0] == "Hi. " + "word " * 15


def test_a_megabyte_is_cut_in_linear_time() -> None:
    text = "Nothing to see here, move on. " * 35_000
    pieces = cut_text(text, 2_000)
    assert "".join(pieces) == text
    assert all(piece.endswith(". ") for piece in pieces)
