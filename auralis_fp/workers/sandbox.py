"""Restrictions of worker processes on every system: low priority, bounded memory, and an end with the parent."""

import contextlib
import ctypes
import os
import signal
import sys
import threading
from typing import Final

NICENESS: Final = 10
_PR_SET_PDEATHSIG: Final = 1
ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables by which numeric libraries are told to start no threads, before they are imported."""


def lower_priority() -> None:
    """Lower the scheduling priority of this process. Called after the imports.

    Imports take 0.3 s of processor time, which at low priority on a busy machine would be many seconds, and a file
    whose process was lost waits for them.
    """
    with contextlib.suppress(OSError, AttributeError):  # AttributeError: Windows has no os.nice
        os.nice(NICENESS)


def limit_memory(size: int) -> None:
    """Limit the address space of this process, in bytes; 0 for no limit. Ignored on systems without such a limit."""
    if not size or sys.platform == "win32":
        return
    import resource  # not on Windows

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or size < hard:
        with contextlib.suppress(ValueError, OSError):  # macOS may refuse the limit
            resource.setrlimit(resource.RLIMIT_AS, (size, size))


def end_with_parent() -> None:
    """Make this process end with the one that started it, even if it hangs in a decoder.

    On Linux the kernel kills it with the thread that started it, so it needs no thread of its own, which its seal
    would forbid. Elsewhere a thread waits for the end of the parent.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not in every C library
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            return
    threading.Thread(target=_exit_with, args=(parent,), name="parent-watch", daemon=True).start()


def _exit_with(parent: int) -> None:
    import psutil  # not needed on Linux

    with contextlib.suppress(psutil.Error):  # it has ended already
        psutil.Process(parent).wait()
    os._exit(1)
