"""Replies in the table and out again."""

from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Spent
from streams.extract.extractor import Proof, Proposal, Reply
from streams.extract.journal import MAX_VALUE, Answer, JournalKey, entry, find, settle, spend
from streams.overlay import Overlay

KEY = JournalKey(b"s" * 16, b"k" * 16)


def answer(content: str) -> Answer:
    proposal = Proposal(
        type="fact", content=content, confidence=0.5, confidence_basis="test", evidence=(Proof(turn=0, quote="x"),)
    )
    reply = Reply(proposals=(proposal,), model="m", tokens_in=7, attempts=2, finish_reason="stop")
    return Answer(generation=2, window_id="w", reply=reply)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_answer_comes_back_as_it_was(content: str) -> None:
    assert find(entry(KEY, answer(content)), KEY) == answer(content)


def test_an_answer_over_a_mebibyte_is_kept_in_parts() -> None:
    large = answer("ä" * MAX_VALUE)
    changes = entry(KEY, large)
    assert len(changes) == 4
    assert max(map(len, changes.values())) <= MAX_VALUE
    assert find(changes, KEY) == large


def test_an_unknown_question_has_no_answer() -> None:
    assert find(entry(KEY, answer("x")), JournalKey(b"s" * 16, b"o" * 16)) is None


def test_keys_hold_the_scope_first_so_that_a_person_can_be_forgotten() -> None:
    for key in entry(KEY, answer("ä" * MAX_VALUE)):
        assert key[1:17] == KEY.scope
        assert len(key) in (33, 37)


def test_what_tries_in_vain_have_used_is_paid_with_the_answer_and_only_once() -> None:
    table = Overlay({})
    spend(table, KEY, Spent())
    assert table.changes == {}
    spend(table, KEY, Spent(attempts=3, tokens_in=5))
    spend(table, KEY, Spent(attempts=1, cost_micros=2))
    reply = answer("x").reply
    paid = settle(table, KEY, reply)
    assert (paid.attempts, paid.tokens_in, paid.cost_micros) == (6, 12, 2)
    assert paid.proposals == reply.proposals
    assert settle(table, KEY, reply) == reply
