"""Restrictions of a worker process: low priority, bounded memory, and an end with its parent."""

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
NOT_STARTED: Final = -1.0  # progress before the process has reached the file
_PR_SET_PDEATHSIG: Final = 1
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")

progress: MutableSequence[float] = [0.0, 0.0]
"""Seconds decoded of the current file and its declared duration (0 if unknown); shared with the parent process."""


def init_worker(shared_progress: MutableSequence[float], memory_limit_mb: int) -> None:
    """Initialise a worker process. Must run before numeric libraries are imported.

    Parameters
    ----------
    shared_progress : sequence of two floats
        Memory shared with the parent, see ``progress``.
    memory_limit_mb : int
        Maximum address space in MiB; 0 for no limit. Ignored on systems without such a limit.
    """
    global progress  # noqa: PLW0603 - one per process
    progress = shared_progress
    for variable in _ONE_THREAD:
        os.environ[variable] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    if memory_limit_mb and sys.platform != "win32":
        _limit_address_space(memory_limit_mb << 20)
    _die_with_parent()
    threading.Thread(target=_exit_with_parent, name="parent-watch", daemon=True).start()


def lower_priority() -> None:
    """Lower the scheduling priority of this process. Called after the imports.

    Imports take 0.3 s of processor time, which at low priority on a busy machine would be many seconds, and a file
    whose process was lost waits for them.
    """
    with contextlib.suppress(OSError, AttributeError):  # AttributeError: Windows has no os.nice
        os.nice(NICENESS)


def _limit_address_space(size: int) -> None:
    import resource  # not on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or size < hard:
        with contextlib.suppress(ValueError, OSError):  # macOS may refuse the limit
            resource.setrlimit(resource.RLIMIT_AS, (size, hard))


def _die_with_parent() -> None:
    """Ask the kernel to kill this process with the thread that started it, even if it hangs or is stopped.

    Linux only; elsewhere a process that still runs Python exits by itself.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not in every C library
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exit_with_parent() -> None:
    """Exit when the parent process ends, for whatever reason."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
