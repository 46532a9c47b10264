"""Settings of the allocator of the C library."""

import ctypes
import subprocess
import sys

import pytest

FAULTS = """
import resource, numpy
from auralis_fp.runtime.allocator import keep_freed_memory
keep_freed_memory()
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        numpy.ones(1 << 18, dtype=numpy.float32)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print(faults)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library has no mallopt")
def test_freed_memory_is_kept() -> None:
    """Arrays of 1 MiB, allocated and freed in turn, take the same pages."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # 256 pages for each of 100 arrays without
