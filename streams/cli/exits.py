"""What the exit code of a command means, and which one an error of ours has."""

from enum import IntEnum

import click

from streams.errors import ConfigurationError, TransientError, TurnlogError
from streams.publish.publish import Incomplete


class ExitCode(IntEnum):
    """0: done. 2 is click's: the command line itself is wrong."""

    FAILED = 1
    DIFFERENT = 3
    AWAY = 4
    INCOMPLETE = 5
    UNHEALTHY = 6
    INTERRUPTED = 130
    TERMINATED = 143


EPILOG = """\b
Exit codes:
  0    done
  1    failed; the message says why
  2    the command line is wrong
  3    a topic, a table or a setting is not what it must be; the message says the way out
  4    Kafka, ClickHouse or the local services are not there
  5    not everything was acknowledged, or not everything was processed in time
  6    something is unhealthy (status), or there is no such thing (jobs ID)
  130  stopped by Ctrl-C      143  stopped by SIGTERM
A stage that ends itself has the codes of the engine, 10 and above (turnlog stage --help).
"""


class CommandFailed(click.ClickException):
    """An error of ours on its way out: message to stderr, exit code to the shell."""

    def __init__(self, error: TurnlogError) -> None:
        super().__init__(str(error) or (type(error).__doc__ or "").splitlines()[0])
        self.exit_code = code_of(error)


class NotRunning(TurnlogError):
    """No settings name Kafka and ClickHouse, and no local services run. Start them with: turnlog up"""


def code_of(error: TurnlogError) -> int:
    """The exit code for an error."""
    match error:
        case ConfigurationError():
            return ExitCode.DIFFERENT
        case TransientError() | NotRunning():
            return ExitCode.AWAY
        case Incomplete():
            return ExitCode.INCOMPLETE
        case _:
            return ExitCode.FAILED
