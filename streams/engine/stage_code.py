"""Around calls into a stage: what it raises ends the process as POISON, and most of it is laid to its records."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiokafka.errors import KafkaError

from streams.engine.exits import EngineError, ExitCode
from streams.errors import ConfigurationError, PermanentError, TurnlogError


@contextmanager
def stage_code() -> Iterator[None]:
    """Whatever a stage raises is POISON, and its chunk stays unacknowledged.

    But for settings that do not fit its table: FOREIGN.
    """
    try:
        yield
    except EngineError:
        raise
    except ConfigurationError as error:
        raise EngineError(ExitCode.FOREIGN, str(error)) from error
    except (Exception, SystemExit) as error:
        raise EngineError(ExitCode.POISON, f"the stage raised {type(error).__name__}") from error


def blames_record(error: EngineError) -> bool:
    """Whether a stage failed at its records: not at what is outside, nor at what an error of ours asks to be mended."""
    if error.code is not ExitCode.POISON:
        return False
    match error.__cause__:
        case PermanentError():
            return True
        case TurnlogError() | KafkaError() | OSError():
            return False
        case _:
            return True


def kind_of(error: EngineError) -> str:
    """The type of what was raised: all that may be told of it."""
    return type(error.__cause__ or error).__name__
