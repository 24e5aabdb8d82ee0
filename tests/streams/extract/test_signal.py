"""Windows that are not worth asking about, and those that only look like it."""

import pytest

from schemas.extraction import ContextTurn
from streams.extract.request import request_for
from streams.extract.signal import not_worth_asking
from tests.streams.extract.windows import unit, window


@pytest.mark.parametrize(
    "texts", [["Hi!"], ["Thanks so much", "Good night 👋"], ["ok"], ["Danke dir!"], ["👍"], ["Yes."]]
)
def test_greetings_and_acknowledgements_are_low_signal(texts: list[str]) -> None:
    assert not_worth_asking(request_for(window(*texts))) == "low_signal"


@pytest.mark.parametrize(
    "texts", [["Hi, I'm Ann"], ["Thanks, Oslo it is"], ["42"], ["ok?"], ["Hi", "I like tea"], ["はい"]]
)
def test_anything_more_is_asked(texts: list[str]) -> None:
    assert not_worth_asking(request_for(window(*texts))) is None


def test_a_yes_that_may_answer_a_question_is_asked() -> None:
    asked = ContextTurn(role="assistant", text="Are you allergic to nuts?", said_at=1)
    assert not_worth_asking(request_for(window("Yes.", context_turns=(asked,)))) is None
    assert (
        not_worth_asking(request_for(window(unit("Are you allergic?", role="assistant"), unit("Yes.", index=1))))
        is None
    )


def test_nothing_is_said_by_tools_and_blanks() -> None:
    assert not_worth_asking(request_for(window(unit("{}", role="tool"), unit("  ", index=1)))) == "nothing_said"
