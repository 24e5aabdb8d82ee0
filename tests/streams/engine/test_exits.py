"""Every error has one exit code, and what is said about it never quotes a record."""

from concurrent.futures import Future

import pytest
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError, KafkaTimeoutError, ProducerFenced

from streams.engine import EngineError, ExitCode
from streams.engine.exits import _stacks, code_of
from streams.engine.stage_code import blames_record, kind_of, stage_code
from streams.errors import ExtractionFailed, PermanentError, TransientError, TurnlogError


def chained(outer: Exception, cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as error:
            raise outer from error
    except Exception as error:
        return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineError(ExitCode.GAP, "positions"), ExitCode.GAP),
        (ProducerFenced(), ExitCode.FENCED),
        (chained(KafkaError("sender"), ProducerFenced()), ExitCode.FENCED),
        (chained(AssertionError("state"), ProducerFenced()), ExitCode.FENCED),
        (KafkaTimeoutError(), ExitCode.PRODUCER),
        (RuntimeError(), ExitCode.CRASH),
        (chained(EngineError(ExitCode.POISON, "stage"), ProducerFenced()), ExitCode.POISON),
    ],
)
def test_the_code_follows_from_the_error_and_its_causes(error: Exception, code: ExitCode) -> None:
    assert code_of(error) is code


async def test_a_client_that_knows_no_broker_any_more_is_trouble_with_kafka() -> None:
    """Told by the place where it is raised: an assertion of another is a crash."""
    client = AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
    with pytest.raises(AssertionError, match="bootstrap") as lost:
        await client.coordinator_lookup(CoordinationType.GROUP, "nobody")
    assert code_of(lost.value) is ExitCode.PRODUCER
    with pytest.raises(AssertionError) as ours:
        raise AssertionError("Did we not perform bootstrap?")
    assert code_of(ours.value) is ExitCode.CRASH


def test_a_pending_error_of_the_group_is_trouble_with_kafka() -> None:
    coordinator = GroupCoordinator.__new__(GroupCoordinator)
    coordinator._coordination_task = Future()
    coordinator._error_consumed_fut, coordinator._pending_exception = None, RuntimeError()
    with pytest.raises(RuntimeError) as pending:
        coordinator.check_errors()
    assert code_of(pending.value) is ExitCode.PRODUCER


def test_what_a_stage_raises_is_poison_and_keeps_its_words_to_itself() -> None:
    with pytest.raises(EngineError) as raised, stage_code():
        raise ValueError("what a person said")
    assert raised.value.code is ExitCode.POISON
    said = "".join(_stacks(raised.value))
    assert "what a person said" not in said.replace('raise ValueError("what a person said")', "")
    assert "ValueError" in said
    assert "test_exits.py" in said


@pytest.mark.parametrize(
    ("raised", "blamed"),
    [
        (ValueError("what a person said"), True),
        (MemoryError(), True),
        (SystemExit(3), True),
        (PermanentError("not met where it should be"), True),
        (ExtractionFailed("nor this"), True),
        (TurnlogError("upgrade this worker"), False),
        (TransientError("the database is away"), False),
        (ConnectionResetError(), False),
        (TimeoutError(), False),
        (KafkaTimeoutError(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_is_outside_is_no_fault_of_a_record(raised: BaseException, blamed: bool) -> None:
    with pytest.raises(EngineError) as met, stage_code():
        raise raised
    assert met.value.code is ExitCode.POISON
    assert blames_record(met.value) is blamed
    assert kind_of(met.value) == type(raised).__name__


def test_what_cannot_be_written_is_the_fault_of_a_record() -> None:
    assert blames_record(EngineError(ExitCode.POISON, "too large"))
    assert not blames_record(EngineError(ExitCode.GAP, "positions"))


def test_every_code_is_a_different_one() -> None:
    assert {code.value for code in ExitCode} == {1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}
