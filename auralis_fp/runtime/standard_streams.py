"""Standard streams of processes that were started without them, as daemons and ``pythonw`` are.

The system gives the lowest free descriptor to whatever is opened next. While 0, 1 or 2 is free, a database or a socket
can get that number: output of a library is then written into it, and a child process takes it for its own stream.
"""

import os
import sys
from typing import Final

_LAST: Final = 2
_MODES: Final = {"stdin": "r", "stdout": "w", "stderr": "w"}


def open_standard_descriptors() -> None:
    """Connect those of the descriptors 0, 1 and 2 that are closed to the null device, for child processes, too."""
    inheritable = True
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _LAST:
        os.set_inheritable(descriptor, inheritable)
    os.close(descriptor)


def open_standard_streams() -> None:
    """Open the closed standard descriptors, and replace each missing stream in ``sys``."""
    open_standard_descriptors()
    for name, mode in _MODES.items():
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(null, mode, encoding="utf-8", errors="backslashreplace"))
