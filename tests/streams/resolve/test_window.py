"""What one result means for facts: new, the same again, or another value of a slot."""

import pytest

from schemas.extraction import Mention, WindowOptions
from streams.resolve.changes import MAX_INTERVALS
from streams.resolve.facts import MAX_EVIDENCE
from streams.resolve.learning import MAX_ENTITIES
from streams.resolve.state import SEGMENT_BYTES
from tests.streams.resolve.examples import (
    IDS,
    Run,
    candidate,
    dry_run,
    extracted,
    facts_in,
    failed,
    hash_of,
    letters,
    lives_in,
    proof,
    resolved_in,
    share,
    times_of,
    year,
)


def test_a_new_statement_is_a_fact_told_whole() -> None:
    run = Run()
    stated = lives_in(
        "Oslo", proof(1, 50, offset=7, index=2, quote="in Oslo"), entities=(Mention(name="Oslo", type="place"),)
    )
    [fact] = facts_in(run.take(extracted(1, stated, closed_at=99)))
    assert (fact.revision, fact.change, fact.status, fact.confirmations) == (1, "created", "active", 1)
    assert (fact.content, fact.subject, fact.predicate, fact.object) == (stated.content, "Ann", "lives_in", "Oslo")
    assert (fact.about, fact.asserted_by, fact.session_id) == ("Ann", stated.asserted_by, "talk")
    assert (fact.confidence, fact.provenance, fact.evidence) == (0.8, "explicit_statement", stated.evidence)
    assert (fact.mentioned_at, fact.recorded_at, times_of(fact)) == (50, 99, [(50, None)])
    assert (fact.job_ids, fact.window_id) == (("job-1",), hash_of(("window", 1)))
    assert [(entity.name, entity.type) for entity in fact.entities] == [("Oslo", "place")]
    assert (fact.occurred_start, fact.occurred_end, fact.expires_at, fact.superseded_by) == (None,) * 4


def test_the_same_result_twice_changes_nothing() -> None:
    run = Run()
    result = extracted(1, lives_in("Oslo", proof(1)))
    run.take(result)
    before = dict(run.state)
    assert run.take(result) == []
    assert run.take(failed(1, extraction_key=result.extraction_key)) == []
    assert run.state == before


def test_the_same_fact_in_another_turn_is_one_more_confirmation() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1, 10))))
    [fact] = facts_in(run.take(extracted(2, lives_in("oslo", proof(2, 30)), jobs=(share("job-2"),))))
    assert (fact.revision, fact.change, fact.confirmations, fact.status) == (2, "confirmed", 2, "active")
    assert (fact.content, fact.mentioned_at) == ("Ann lives in Oslo.", 30)
    assert (fact.job_ids, times_of(fact)) == (("job-1", "job-2"), [(10, None)])


def test_the_same_turn_again_is_no_confirmation() -> None:
    """Pieces of a long turn can state a fact twice."""
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1))))
    events = run.take(extracted(2, lives_in("Oslo", proof(1)), jobs=(share("job-2"),)))
    assert facts_in(events) == []
    assert [(window.facts_created, window.facts_reconfirmed) for window in resolved_in(events)] == [(0, 0)]
    slots = [value for key, value in run.state.items() if key[:1] == b"s"]
    assert [len(value) for value in slots] == [36]


def test_the_same_turn_surer_than_before_is_told_without_counting() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1))))
    [fact] = facts_in(run.take(extracted(2, lives_in("Oslo", proof(1), confidence=0.95))))
    assert (fact.change, fact.confirmations, fact.confidence) == ("confirmed", 1, 0.95)
    assert run.jobs["job-1"].facts_reconfirmed == 0


def test_berlin_oslo_berlin() -> None:
    run = Run()
    for number, city in enumerate(("Berlin", "Oslo", "Berlin")):
        run.take(extracted(number, lives_in(city, proof(number, year(2020 + number)))))
    berlin, oslo = run.facts["Ann lives in Berlin."], run.facts["Ann lives in Oslo."]
    assert times_of(berlin) == [(year(2020), year(2021)), (year(2022), None)]
    assert [interval.superseded_by for interval in berlin.intervals] == [oslo.fact_id, None]
    assert (berlin.status, berlin.change, berlin.revision, berlin.confirmations) == ("active", "reinstated", 3, 2)
    assert times_of(oslo) == [(year(2021), year(2022))]
    assert (oslo.status, oslo.change, oslo.superseded_by) == ("superseded", "superseded", berlin.fact_id)


def test_an_older_statement_that_comes_late_is_created_superseded() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1, year(2021)))))
    events = run.take(extracted(2, lives_in("Berlin", proof(2, year(2020)))))
    [berlin] = facts_in(events)
    assert (berlin.change, berlin.status, times_of(berlin)) == ("created", "superseded", [(year(2020), year(2021))])
    assert [(window.facts_created, window.facts_superseded) for window in resolved_in(events)] == [(1, 1)]


def test_what_happened_counts_before_when_it_was_said() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Berlin", proof(1, year(2022)), occurred_start=year(2010))))
    run.take(extracted(2, lives_in("Oslo", proof(2, year(2021)))))
    assert run.facts["Ann lives in Oslo."].status == "active"
    assert times_of(run.facts["Ann lives in Berlin."]) == [(year(2010), year(2021))]


def test_a_late_statement_that_splits_an_interval_tells_the_fact_around_it_too() -> None:
    run = Run()
    run.take(
        extracted(1, lives_in("Berlin", proof(1, year(2020)))),
        extracted(2, lives_in("Berlin", proof(2, year(2022)))),
    )
    oslo, berlin = facts_in(run.take(extracted(3, lives_in("Oslo", proof(3, year(2021))))))
    assert (oslo.object, oslo.change, oslo.status) == ("Oslo", "created", "superseded")
    assert (berlin.object, berlin.change, berlin.status) == ("Berlin", "reinstated", "active")
    assert times_of(berlin) == [(year(2020), year(2021)), (year(2022), None)]


def test_a_superseded_fact_that_ends_earlier_than_known_is_told_again() -> None:
    run = Run()
    run.take(
        extracted(1, lives_in("Berlin", proof(1, year(2020)))), extracted(2, lives_in("Oslo", proof(2, year(2023))))
    )
    events = run.take(extracted(3, lives_in("Rome", proof(3, year(2021)))))
    berlin = facts_in(events)[1]
    assert (berlin.object, berlin.change, times_of(berlin)) == ("Berlin", "superseded", [(year(2020), year(2021))])
    assert [window.facts_superseded for window in resolved_in(events)] == [1], "Rome; Berlin was superseded before"


def test_several_changes_in_one_window_are_one_revision() -> None:
    run = Run()
    said = [lives_in(city, proof(number, number)) for number, city in enumerate(("Berlin", "Oslo", "Berlin", "Rome"))]
    events = run.take(extracted(1, *said))
    assert [(fact.object, fact.revision, fact.change, fact.status) for fact in facts_in(events)] == [
        ("Berlin", 1, "created", "superseded"),
        ("Oslo", 1, "created", "superseded"),
        ("Rome", 1, "created", "active"),
    ]
    assert run.facts["Ann lives in Berlin."].confirmations == 2
    assert [window.facts_superseded for window in resolved_in(events)] == [2]


def test_facts_come_in_candidate_order_then_those_superseded_then_the_window() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Berlin", proof(1, 1)), candidate("Ann is Anna.", proof(1, 1), **NAME)))
    events = run.take(
        extracted(
            2,
            candidate("Ann sings.", proof(2, 2)),
            lives_in("Oslo", proof(2, 2)),
            candidate("Ann is Ann.", proof(2, 2), **(NAME | {"object": "Ann"})),
        )
    )
    contents = [fact.content for fact in facts_in(events)]
    assert contents == ["Ann sings.", "Ann lives in Oslo.", "Ann is Ann.", "Ann lives in Berlin.", "Ann is Anna."]
    assert [type(event).__name__ for event in events[len(contents) :]] == ["WindowResolved", "JobChanged"]


NAME: dict[str, object] = {"subject": "Ann", "predicate": "name", "object": "Anna"}


def test_liking_pasta_never_retires_liking_pizza() -> None:
    run = Run()
    for number, dish in enumerate(("pizza", "pasta")):
        stated = candidate(f"Ann likes {dish}.", proof(number), subject="Ann", predicate="likes", object=dish)
        run.take(extracted(number, stated))
    assert [fact.status for fact in run.facts.values()] == ["active", "active"]


def test_a_fact_outside_a_slot_holds_from_its_first_event_time() -> None:
    run = Run()
    run.take(extracted(1, candidate("Ann sings.", proof(1, 50))))
    run.take(extracted(2, candidate("Ann sings.", proof(2, 20))))
    assert times_of(run.facts["Ann sings."]) == [(20, None)]


def test_the_first_spelling_of_a_name_stays() -> None:
    run = Run()
    for number, name in enumerate(("Zoë", "ZOE", "Zoé's")):
        mention = Mention(name=name, type="person")
        run.take(extracted(number, candidate(f"Fact {number}", proof(number), entities=(mention, mention))))
    names = [[entity.name for entity in fact.entities] for fact in run.facts.values()]
    assert names == [["Zoë"], ["Zoë"], ["Zoé's"]]
    first = run.facts["Fact 0"].entities[0]
    assert first.entity_id == run.facts["Fact 1"].entities[0].entity_id
    assert first.entity_id == IDS.entity(IDS.scope("acme", "ann"), "person", "zoe")


def test_names_of_other_scopes_and_types_are_other_entities() -> None:
    run = Run()
    for number, (user, kind) in enumerate((("ann", "person"), ("ann", "place"), ("bob", "person"))):
        mention = Mention(name="Paris", type=kind)
        run.take(extracted(number, candidate(f"Fact {number}", proof(1), entities=(mention,)), user_id=user))
    assert len({fact.entities[0].entity_id for fact in run.facts.values()}) == 3


def test_a_fact_names_a_bounded_number_of_entities() -> None:
    mentions = tuple(Mention(name=f"Name {number}", type="person") for number in range(MAX_ENTITIES + 5))
    run = Run()
    run.take(extracted(1, candidate("A list.", proof(1), entities=mentions)))
    assert len(run.facts["A list."].entities) == MAX_ENTITIES


def test_scopes_know_nothing_of_each_other() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Berlin", proof(1, 1))))
    [fact] = facts_in(run.take(extracted(2, lives_in("Oslo", proof(2, 2)), user_id="bob")))
    assert fact.change == "created"
    assert run.facts["Ann lives in Berlin."].status == "active"


def test_a_private_statement_never_shows_in_what_others_may_read() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1, 1)), options=WindowOptions(visibility="knowledge")))
    [private] = facts_in(run.take(extracted(2, lives_in("Oslo", proof(2, 2)))))
    [moved] = facts_in(run.take(extracted(3, lives_in("Rome", proof(3, 3)), options=WindowOptions(visibility="hive"))))
    assert [(fact.change, fact.visibility) for fact in (private, moved)] == [("created", "user"), ("created", "hive")]


def test_a_candidate_without_evidence_is_passed_over() -> None:
    run = Run()
    assert facts_in(run.take(extracted(1, lives_in("Oslo")))) == []
    assert run.jobs["job-1"].state == "completed_empty"


def test_a_failed_window_is_resolved_without_facts() -> None:
    [window] = resolved_in(Run().take(failed(1, closed_at=5)))
    assert (window.facts_created, window.recorded_at) == (0, 5)


def test_a_failed_window_still_teaches_what_the_publisher_sent_along() -> None:
    run = Run()
    run.take(failed(1, candidates=(candidate("Ann sings.", proof(1), provenance="imported"),)))
    assert run.facts["Ann sings."].provenance == "imported"
    assert (run.jobs["job-1"].state, run.jobs["job-1"].facts_created) == ("failed", 1)


def test_a_dry_run_counts_as_if_and_leaves_only_its_job() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Berlin", proof(1, 1))))
    before = dict(run.state)
    rehearsal = dry_run(2, lives_in("Oslo", proof(2, 2)), lives_in("Berlin", proof(3, 0)), jobs=(share("dry"),))
    events = run.take(rehearsal)
    assert facts_in(events) == []
    assert [window.facts_created for window in resolved_in(events)] == [0]
    job = run.jobs["dry"]
    assert (job.state, job.facts_created, job.facts_reconfirmed, job.facts_superseded) == ("completed", 1, 1, 1)
    assert letters(run.state.keys() - before.keys()) == {"x": 1, "j": 1, "d": 1}
    assert before.items() <= run.state.items()
    assert facts_in(run.take(extracted(3, lives_in("Oslo", proof(2, 2)))))[0].change == "created"


def test_confirmations_are_exact_however_many() -> None:
    run = Run()
    turns = [proof(number, number) for number in range(600)]
    for start in range(0, 600, 50):
        run.take(extracted(start, candidate("Ann sings.", *turns[start : start + 50])))
    run.take(extracted("again", candidate("Ann sings.", *turns, proof("new", 1_000))))
    fact = run.facts["Ann sings."]
    assert fact.confirmations == 601
    assert [one.said_at for one in fact.evidence] == list(range(MAX_EVIDENCE))
    assert fact.mentioned_at == 1_000


def test_an_earlier_turn_pushes_a_later_one_out_of_the_evidence_but_not_out_of_the_count() -> None:
    run = Run()
    run.take(extracted(1, candidate("Ann sings.", *(proof(number, 10 + number) for number in range(MAX_EVIDENCE)))))
    run.take(extracted(2, candidate("Ann sings.", proof("early", 1))))
    run.take(extracted(3, candidate("Ann sings.", proof(MAX_EVIDENCE - 1, 9 + MAX_EVIDENCE))))
    fact = run.facts["Ann sings."]
    assert (fact.confirmations, len(fact.evidence), fact.evidence[0].turn_id) == (
        MAX_EVIDENCE + 1,
        MAX_EVIDENCE,
        hash_of("early"),
    )


def test_a_slot_that_never_rests_keeps_small_values_and_tells_its_latest_intervals() -> None:
    run = Run()
    changes = 2 * MAX_INTERVALS + 20
    run.take(
        *(extracted(at, lives_in(("Oslo", "Rome")[at % 2], proof(at, at))) for at in range(changes)),
    )
    rome = run.facts["Ann lives in Rome."]
    assert (len(rome.intervals), times_of(rome)[-1]) == (MAX_INTERVALS, (changes - 1, None))
    assert rome.confirmations == changes // 2
    assert max(map(len, run.state.values())) <= SEGMENT_BYTES


@pytest.mark.parametrize("sign", ["x", "\x00", "𝒳"])
def test_the_largest_fact_stays_below_64_kib_where_it_is_rewritten(sign: str) -> None:
    run = Run()
    for number in range(130):
        turn = proof(number, number, quote=sign * 100_000)
        job = share(f"{number:0128}" + sign * 128)
        stated = candidate(sign * 100_000, turn, confidence_basis=sign * 1_000, entities=())
        run.take(extracted(number, stated, jobs=(job,)))
    rewritten = [value for key, value in run.state.items() if key[:1] != b"b"]
    assert max(map(len, rewritten)) < 64 << 10
    assert max(map(len, run.state.values())) < 1 << 20
    assert max(len(output.value or b"") for output in run.outputs) < 4 << 20
