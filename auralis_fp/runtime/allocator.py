"""Settings of the allocator of the C library."""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1  # M_TRIM_THRESHOLD of <malloc.h>
_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD
_KEPT_BYTES: Final = 8 << 20
_LARGEST_BYTES: Final = 2 << 20  # larger arrays still go back to the system at once


def keep_freed_memory() -> None:
    """Let the C library keep up to 8 MiB of freed memory for the next arrays, where it can be told to.

    Returned memory comes back as zeroed pages, one fault each; for the arrays of a chunk of frames that takes a tenth
    of the time of the analysis.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # the GNU library has it
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, _KEPT_BYTES)
        set_option(_MMAP_THRESHOLD, _LARGEST_BYTES)
