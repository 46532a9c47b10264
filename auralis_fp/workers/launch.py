"""The start of a worker process: its command, its environment, and its channel."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from multiprocessing import spawn
from typing import Final

from ..runtime.standard_streams import open_standard_descriptors
from .channel import Channel
from .frozen import frozen_command, handed_over
from .sandbox import ONE_THREAD

#: The variables of the service that a worker gets. It gets no others, so none of them can hold a secret.
ENVIRONMENT: Final = (
    *("LANG", "LC_ALL", "LC_CTYPE", "PYTHONHOME", "PYTHONUTF8", "PYTHONPYCACHEPREFIX"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES"),
    *("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"),
    *("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "TEMP", "TMP"),
)
_PROGRAM: Final = "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); from {} import main; main()"
MARK: Final = "auralis_fp.workers.entry"
"""Occurs in the command of every worker."""


def start_worker(command: Sequence[str] = ()) -> tuple["subprocess.Popen[bytes]", Channel]:
    """Start a worker process and return it with the channel to it. Blocking.

    The process belongs to the thread that calls this: on Linux it ends with the thread.

    Parameters
    ----------
    command : sequence of str, optional
        Program to start; by default that of a worker.

    Raises
    ------
    OSError
        The system refuses to start it.
    """
    if sys.platform == "win32":
        return _start_with_pipes(command or worker_command())
    process, descriptor = start_program(command or worker_command())
    return process, Channel(descriptor, descriptor)


def start_program(
    command: Sequence[str], variables: Mapping[str, str] | None = None
) -> tuple["subprocess.Popen[bytes]", int]:
    """Start a process with one end of a socket pair as its standard input and output. Blocking; not on Windows.

    Parameters
    ----------
    command : sequence of str
    variables : mapping of str to str, optional
        Environment beside that of a worker.

    Returns
    -------
    tuple
        The process, and the descriptor of our end.

    Raises
    ------
    OSError
        The system refuses to start it.
    """
    open_standard_descriptors()  # so that neither end gets the number of a standard stream
    ours, theirs = socket.socketpair()
    try:
        with theirs, handed_over(command) as (arguments, passed):
            end, env = theirs.fileno(), {**environment(), **(variables or {})}
            process = subprocess.Popen(arguments, stdin=end, stdout=end, env=env, pass_fds=passed)  # noqa: S603
    except BaseException:
        ours.close()
        raise
    return process, ours.detach()


def _start_with_pipes(command: Sequence[str]) -> tuple["subprocess.Popen[bytes]", Channel]:
    pipes = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipes, stdout=pipes, env=environment(), bufsize=0)  # noqa: S603
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    with closing(process.stdin), closing(process.stdout):
        return process, Channel(os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno()))


def worker_command() -> list[str]:
    """Return the command of a worker."""
    return program_command(MARK)


def program_command(module: str) -> list[str]:
    """Return the command that runs ``main`` of a module.

    It uses this interpreter, without the host's main module, and with the host's import path.
    """
    if (frozen := frozen_command(module)) is not None:
        return frozen
    path = [os.path.abspath(entry) for entry in sys.path]
    return [os.fsdecode(spawn.get_executable() or sys.executable), "-c", _PROGRAM.format(module), json.dumps(path)]


def environment() -> dict[str, str]:
    """Return the environment of a worker."""
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    return kept | dict.fromkeys(ONE_THREAD, "1") | {"PYTHONDONTWRITEBYTECODE": "1"}
