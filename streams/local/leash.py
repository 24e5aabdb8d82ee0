"""Become another program that does not outlive its parent, even when the parent is killed.

    python leash.py signal|watch PARENT_PID COMMAND...

The process id stays the same. `signal` (Linux) asks the kernel for a SIGKILL when the *thread* that started us
ends; `watch` (elsewhere) leaves a small watcher beside the program. Needs nothing but the standard library.
"""

import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
WATCH_EVERY = 0.5


def die_with_parent() -> None:
    """Ask the kernel. The wish survives exec."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def leave_watcher(parent: int) -> None:
    """Fork a watcher; we go on as the program it watches."""
    program = os.getpid()
    if os.fork() == 0:
        os.setsid()
        watch(parent, program)
        os._exit(0)


def watch(parent: int, program: int) -> None:
    """Return when the program is gone (it is our parent); kill it when its own parent is gone."""
    while os.getppid() == program:
        if not exists(parent):
            os.kill(program, signal.SIGKILL)
            return
        time.sleep(WATCH_EVERY)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def main(mode: str, parent: int, command: list[str]) -> None:
    if mode == "signal":
        die_with_parent()
    else:
        leave_watcher(parent)
    if os.getppid() != parent:  # it ended before we could ask
        os._exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        os._exit(127)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
