"""Whether a window is worth a question at all: nothing but greetings and acknowledgements is not."""

import re
from typing import Literal

from streams.extract.request import Request

Reason = Literal["low_signal", "nothing_said"]

_SAYING = frozenset({"user", "assistant", "document"})
_WORD = re.compile(r"[^\W_]+")
_SMALL_TALK = frozenset(
    _WORD.findall(
        "hi hello hey hallo moin servus morning evening good day night there all everyone thanks thank you so "
        "very much danke dir ihnen vielen dank schön bitte welcome please bye goodbye tschüss ciao see later "
        "cheers yes yeah yep yup no nope nah ja nein doch ok okay k kay sure fine right great nice cool perfect "
        "super alles klar gut guten tag abend morgen got it understood verstanden genau haha lol hm hmm oh ah wow "
    )
)


def not_worth_asking(request: Request) -> Reason | None:
    """Why a window is answered without its extractor, if it is.

    An acknowledgement that may answer a question of an earlier turn ("Are you allergic?" "Yes.") is worth asking.
    """
    said = [turn.text for turn in request.turns if turn.role in _SAYING and not turn.text.isspace() and turn.text]
    if not said:
        return "nothing_said"
    if any("?" in turn.text for turn in request.context_turns):
        return None
    return "low_signal" if all(map(_is_small_talk, said)) else None


def _is_small_talk(text: str) -> bool:
    return len(text) <= 80 and "?" not in text and all(word in _SMALL_TALK for word in _WORD.findall(text.casefold()))
