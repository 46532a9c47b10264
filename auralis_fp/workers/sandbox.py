"""How a worker process behaves in somebody else's machine: polite, bounded, and gone when its parent is."""

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import MutableSequence
from multiprocessing.connection import wait
from typing import Final

NICENESS: Final = 10
NOT_STARTED: Final = -1.0  # in place of the seconds decoded, while the process has not come to the file yet
_PR_SET_PDEATHSIG: Final = 1
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

progress: MutableSequence[float] = [0.0, 0.0]
"""Seconds decoded of the file at hand, and its declared seconds (0 if unknown); shared with the parent in a worker."""


def init_worker(shared_progress: MutableSequence[float], memory_limit_mb: int) -> None:
    """Prepare this process for work; called once, before anything numeric is imported.

    Parameters
    ----------
    shared_progress : sequence of two floats
        Memory shared with the parent, see ``progress``.
    memory_limit_mb : int
        Most address space this process may map, in MiB; 0 for no limit. Ignored where the system has no such limit.
    """
    global progress  # noqa: PLW0603 - one per process, like its niceness
    progress = shared_progress
    for variable in _ONE_THREAD:
        os.environ[variable] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if memory_limit_mb and sys.platform != "win32":
        _limit_address_space(memory_limit_mb << 20)
    _die_with_parent()
    threading.Thread(target=_leave_with_parent, name="parent-watch", daemon=True).start()


def lower_priority() -> None:
    """Let everybody else go first from now on; called once the imports are done.

    They take 0.3 s of processor time, which on a busy machine would be many seconds for who comes last; and as long has
    a file to wait whose process was lost.
    """
    with contextlib.suppress(OSError, AttributeError):  # AttributeError: Windows has no niceness
        os.nice(NICENESS)


def _limit_address_space(size: int) -> None:
    import resource  # noqa: PLC0415 - not on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or size < hard:
        with contextlib.suppress(ValueError, OSError):  # macOS knows the limit, but may refuse it
            resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _die_with_parent() -> None:
    """Have the kernel end this process with the thread that started it, even one that hangs in a decoder or is stopped.

    Linux only; elsewhere a process that still runs Python leaves by itself.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # a C library without it
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _leave_with_parent() -> None:
    """Wait for the end of the parent, however it ends, and go too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
