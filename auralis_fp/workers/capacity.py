"""The number of worker processes that the machine has room for."""

import contextlib
import os
from pathlib import Path
from typing import Final

import psutil

from ..settings import Settings

MEMORY_PER_WORKER: Final = 300 << 20  # bytes; twice the measured peak


def choose_workers(settings: Settings) -> int:
    """Return the number of slots: the setting, or one per usable processor as far as memory allows."""
    if settings.workers:
        return settings.workers
    by_memory = int(psutil.virtual_memory().available // 2 // MEMORY_PER_WORKER)
    return max(1, min(_processors(), by_memory, 16))


def _processors() -> int:
    """Return the processors this process may use, by its affinity and the quota of its control group."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        available = min(available, max(1, int(quota) // int(period)))  # "max" raises ValueError: no quota
    return available
