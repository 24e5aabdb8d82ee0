"""What ingest accepts, every stage behind it takes: nothing odd enough is left to stop one of them."""

import asyncio

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.job import END_STATES, JobChanged
from schemas.log import SubmissionAccepted
from schemas.topics import facts_topic, jobs_topic
from streams import codec
from streams.extract.agents import Extract
from streams.extract.rules import Rules
from streams.ids import Ids
from streams.ports import Output
from streams.resolve.agents import build as build_resolve
from streams.settings import Settings, WindowLimits
from streams.sink.rows import rows_of
from streams.window.agents import build as build_window
from streams.window.shares import MOST_HEADERS, FilledShare, Share, job_shares
from tests.fuzz.judge import RECORD_MAX, World, size_of
from tests.fuzz.records import SECRET, Sent, records
from tests.samples.test_flow import Topics

SETTINGS = Settings(partitions=4, window=WindowLimits(turns=4, tokens=300))


async def follow(log: list[Output]) -> Topics:
    """The conversation log through window, extract and resolve; every session is ended at last."""
    topics = Topics()
    for output in log:
        topics.write("conversations", 0, output.key, output.value, output.headers)
    for number, record in enumerate(topics.of("conversations")):
        event = codec.decode(record.value or b"")
        if isinstance(event, SubmissionAccepted):
            about = {"org_id": event.org_id, "user_id": event.user_id, "session_id": event.session_id}
            ended = codec.EVENTS["SessionEnded"].model_validate({**about, "source": event.source})
            topics.write("conversations", 0, record.key, codec.encode(ended), ())
        assert number < 100
    ids, rules = Ids(SETTINGS.hash_key), Rules()
    await topics.run(build_window(SETTINGS), "conversations")
    await topics.run(lambda partition, state: Extract(lambda name: rules, ids, state, calls=2), "extractions")
    await topics.run(build_resolve(SETTINGS), "results")
    return topics


def test_headers_of_control_characters_leave_room_in_the_record_of_a_window() -> None:
    """A character may take six bytes there: counted as one, twenty jobs' headers and their facts had no room."""
    headers = {f"ce_{number}": "\x01" * 1_000 for number in range(31)}
    told = job_shares(
        FilledShare(Share(f"j{number}", 1, 1, "t", 1, 0, 0, 0, [], headers), 1, 1) for number in range(20)
    )
    written = [len(orjson.dumps(share["headers"])) for share in told if "headers" in share]
    assert 1 <= len(written) < 20
    assert sum(written) <= MOST_HEADERS


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records(), min_size=1, max_size=4))
def test_what_is_accepted_ends_and_can_be_written_wherever_it_came_from(sent: list[Sent]) -> None:
    world = World(keep=False)
    for one in sent:
        world.take(one)
    topics = asyncio.run(follow(world.log))
    events = [event for event in topics.events(jobs_topic(1)) if isinstance(event, JobChanged)]
    ended = {
        (event.org_id, event.user_id, event.job_id, event.attempt) for event in events if event.state in END_STATES
    }
    for event in topics.events("conversations"):
        if isinstance(event, SubmissionAccepted):
            assert (event.org_id, event.user_id, event.job_id, event.attempt) in ended
    is_whole = all(one.is_whole for one in sent)
    for topic in ("conversations", "extractions", "results", facts_topic(1), jobs_topic(1), "dead-letters"):
        for record in topics.of(topic):
            assert size_of(Output(topic, record.key, record.value, record.headers)) <= RECORD_MAX
            assert not is_whole or SECRET.encode() not in (record.value or b"")
            if topic != "extractions":
                for table, row in rows_of(record):
                    assert len(row) == len(table.columns)
