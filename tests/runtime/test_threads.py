"""Blocking calls in daemon threads."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from auralis_fp.runtime import threads
from auralis_fp.runtime.threads import in_daemon_thread
from listening import until
from patience import LIMIT_SEC


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
    await until(lambda: not any(thread.name == "auralis-wait" for thread in threading.enumerate()))


async def test_threads_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call takes an idle thread if there is one; idle threads end after a while."""
    monkeypatch.setattr(threads, "KEEP_SEC", 0.2)
    first = await in_daemon_thread(threading.current_thread)
    await until(lambda: first.name == "auralis-idle")
    assert await in_daemon_thread(threading.current_thread) is first
    over = threading.Event()
    waiting = [asyncio.create_task(in_daemon_thread(over.wait)) for _ in range(20)]
    assert await in_daemon_thread(int, "1") == 1
    over.set()
    assert all(await asyncio.gather(*waiting))
    await until(lambda: not any(thread.name == "auralis-idle" for thread in threading.enumerate()))
    assert await in_daemon_thread(int, "2") == 2


async def test_a_thread_that_is_about_to_end_takes_the_last_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call is lost between the end of its patience and the end of the thread."""
    monkeypatch.setattr(threads, "KEEP_SEC", 0.0001)
    for number in range(2000):
        assert await in_daemon_thread(int, str(number)) == number


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    """Calls there do not wait for threads that only the parent has."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=LIMIT_SEC, check=True
    )
    assert done.stdout == "3\n"


FORKING = """
import asyncio, os, warnings
from auralis_fp.runtime.threads import in_daemon_thread

warnings.simplefilter("ignore")  # fork with threads
asyncio.run(in_daemon_thread(int, "1"))
if os.fork() == 0:
    print(asyncio.run(in_daemon_thread(int, "3")), flush=True)
    os._exit(0)
os.wait()
"""

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
    done = subprocess.run(
        [sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=LIMIT_SEC, check=True
    )
    assert done.stdout == "abandoned\n"
