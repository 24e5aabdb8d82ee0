"""What names a question: everything shown and who is asked, and nothing else."""

import pytest

from schemas.extraction import ContextTurn, WindowClosed, WindowOptions
from schemas.log import Hint
from streams.extract.request import request_for
from streams.extract.rules import Rules
from streams.ids import Part, encode
from tests.streams.extract.windows import IDS, unit, window

BASE = window(unit("I live in Oslo.", name="Ann"))


def key(of: WindowClosed) -> str:
    places = [(part.turn_id, part.piece) for part in of.units]
    return IDS.extraction(b"scope", places, request_for(of).encoded(), encode(Rules().identity(None).part()))


def changed(**changes: object) -> WindowClosed:
    return BASE.model_copy(update=changes)


@pytest.mark.parametrize(
    "other",
    [
        changed(units=(unit("I live in Rome.", name="Ann"),)),
        changed(units=(unit("I live in Oslo.", name="Bea"),)),
        changed(units=(unit("I live in Oslo.", name="Ann", role="assistant"),)),
        changed(units=(unit("I live in Oslo.", name="Ann", index=1),)),
        changed(context_turns=(ContextTurn(role="user", text="hm", said_at=1),)),
        changed(hints=(Hint(text="Oslo", type="place"),)),
        changed(options=WindowOptions(context="at the doctor")),
        changed(options=WindowOptions(max_facts=3)),
        changed(options=WindowOptions(model="m")),
        changed(units=(unit("I live in Oslo.", name="Ann", piece=1),)),
    ],
)
def test_whatever_is_shown_changes_the_key(other: WindowClosed) -> None:
    assert key(other) != key(BASE)


@pytest.mark.parametrize(
    "other",
    [
        changed(generation=2),
        changed(closed_by="gap"),
        changed(closed_at=1),
        changed(jobs=()),
        changed(window_id="that of a dry run"),
    ],
)
def test_generation_and_jobs_do_not_change_the_key(other: WindowClosed) -> None:
    assert key(other) == key(BASE)


def test_another_extractor_is_another_key() -> None:
    identity = Rules().identity(None)
    keys = {
        encode(identity.part()),
        encode(identity._replace(version="2").part()),
        encode(identity._replace(limits=(("x", 1),)).part()),
    }
    assert len(keys) == 3


def test_a_request_is_encoded_as_all_that_it_shows() -> None:
    units = unit("I live in Oslo.", name="Ann"), unit("Ŝi loĝas en Romo.", role="assistant", index=1, piece=2)
    asked = window(*units).model_copy(
        update={
            "context_turns": (ContextTurn(role="user", text="hm", said_at=1),),
            "hints": (Hint(text="Oslo", type="place"), Hint(text="Rome")),
            "options": WindowOptions(context="at the doctor", model="m"),
        }
    )
    request = request_for(asked)
    shown: list[Part] = [request.turns, request.context_turns, "at the doctor", request.hints, request.max_facts, "m"]
    assert request.encoded() == encode(shown)
    assert len(request.turns) == len(request.hints) == 2
