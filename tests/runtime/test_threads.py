"""Blocking calls in daemon threads."""

import asyncio
import subprocess
import sys
import threading

import pytest

from auralis_fp.runtime.threads import in_daemon_thread


async def test_results_and_errors_are_delivered() -> None:
    """The result is returned, and an exception raised in the caller."""
    assert await in_daemon_thread(int, "12", base=3) == 5
    with pytest.raises(ValueError, match="invalid literal"):
        await in_daemon_thread(int, "twelve")


async def test_a_call_that_hangs_is_abandoned() -> None:
    """Any number of them leaves later calls unaffected."""
    over = threading.Event()
    for _ in range(50):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await in_daemon_thread(over.wait)
    assert await in_daemon_thread(int, "1") == 1
    over.set()


HANGING = """
import asyncio, threading
from auralis_fp.runtime.threads import in_daemon_thread

async def main():
    try:
        async with asyncio.timeout(0.05):
            await in_daemon_thread(threading.Event().wait)
    except TimeoutError:
        print("abandoned")

asyncio.run(main())
"""


def test_a_call_that_hangs_does_not_keep_the_interpreter() -> None:
    """The process exits although the call never returns."""
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "abandoned\n"
