from hypothesis import given
from hypothesis import strategies as st

from streams.window.shares import Share
from streams.window.state import Conversation, Conversations, WindowUnit, next_slot, slots

CONVERSATION = b"c" * 16
contexts = st.lists(st.integers(0, 30), unique=True, max_size=6)


@given(contexts, st.integers(0, 30))
def test_each_unit_gets_the_lowest_number_that_is_free(context: list[int], units: int) -> None:
    given_out = [next_slot(context, number) for number in range(units)]
    assert given_out == slots(context, units)
    assert not set(given_out) & set(context)
    assert given_out == sorted(set(range(units + len(context))) - set(context))[:units]


def test_what_a_chunk_wrote_is_read_before_the_table_and_the_table_stays_as_it_was() -> None:
    share = Share("job", 2, 3, "trace", 1, 0, 10, 1_000, [{"text": "Ann"}])
    first = WindowUnit("t1", 0, 5, share, b'{"text":"two\\nlines"}')
    second = WindowUnit("t2", 0, 0, None, b"{}")
    before = Conversations({})
    before.keep(CONVERSATION, 0, first)
    state = before.changes()
    now = Conversations(state)
    now.keep(CONVERSATION, 299, second)
    assert now.turns(CONVERSATION, [0, 299]) == [first, second]
    now.forget(CONVERSATION, 0)
    assert state == before.changes()
    assert sorted(now.changes().values())[0] == b""


def test_a_head_that_did_not_change_is_not_written_again() -> None:
    before = Conversations({})
    head = before.create(CONVERSATION)
    head.units, head.weight, head.opened_at, head.last_at, head.last_said_at = 1, 2, 3, 4, 5
    head.context, head.options = [7, 6], {"infer": False}
    state = before.changes()
    now = Conversations(state)
    assert now.find(CONVERSATION) == Conversation(1, 2, 3, 4, 5, [7, 6], {"infer": False})
    assert now.find(b"d" * 16) is None
    assert now.changes() == {}
