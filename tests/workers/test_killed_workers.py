"""Workers that crash, hang or run out of memory during a scan: only their file fails."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from auralis_fp.workers.launch import MARK
from hosting import Host, Plugin, eventually, long_file, tone_file
from patience import LIMIT_SEC
from worker_slots import lasting_threads

Harm = Callable[[psutil.Process], object]

SHORT = 6  # good files beside the bad one


def signalled(number: int) -> Harm:
    """Return a function that sends a signal."""
    return lambda process: process.send_signal(number)


def starved(process: psutil.Process) -> None:
    """Lower the memory limit of a process to little more than it uses."""
    room = process.memory_info().vms + (1 << 20)
    process.rlimit(psutil.RLIMIT_AS, (room, room))


async def harmed(plugin: Plugin, victim: Path, harm: Harm) -> int:
    """Harm each worker that analyses a file until the file has failed; return how often."""
    hit: set[int] = set()
    async with asyncio.timeout(LIMIT_SEC):
        while True:
            status = await plugin.get("/status")
            counts = status["counts"]
            assert counts.pop("total") == sum(counts.values())
            for worker in status["workers"]:
                pid = worker["pid"]  # None while a process is replaced
                if worker["path"] == str(victim) and worker["decoded_sec"] > 0 and pid and pid not in hit:
                    with suppress(psutil.NoSuchProcess):
                        harm(psutil.Process(pid))
                        hit.add(pid)
            if counts["failed"] and not counts["running"] and not counts["pending"]:
                return len(hit)
            await asyncio.sleep(0.01)


async def failures(plugin: Plugin) -> list[dict[str, Any]]:
    """Return the failed files."""
    return [item | item["failure"] for item in (await plugin.get("/failures"))["items"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "code", "word"),
    [
        (signalled(signal.SIGSEGV), "crashed", "SIGSEGV"),
        (signalled(signal.SIGKILL), "crashed", "SIGKILL"),
        (signalled(signal.SIGSTOP), "timeout", "seconds"),
        (starved, "out_of_memory", "memory"),
    ],
    ids=["crash", "kernel", "hang", "hunger"],
)
async def test_only_the_file_fails(host: Host, library: Path, harm: Harm, code: str, word: str) -> None:
    """With its cause, after a second attempt; all others are done, and the slot stays usable."""
    victim = long_file(library / "victim.wav", 20 * 3600)
    for number in range(SHORT):
        tone_file(library / f"{number}.wav", 1 + number / 10)
    plugin = await host(workers=2, time_limit_sec=2, time_limit_factor=0 if code == "timeout" else 1)
    assert await harmed(plugin, victim, harm) == 2
    (failure,) = await failures(plugin)
    assert (failure["path"], failure["code"], failure["stage"]) == (str(victim), code, "worker")
    assert failure["attempts"] == 2
    assert word in failure["reason"]
    status = await plugin.until_idle()
    assert (status["counts"]["done"], status["counts"]["failed"]) == (SHORT, 1)
    await plugin.until_healthy()
    await plugin.ask(tone_file(library / "later.wav", 2.5))


@pytest.mark.slow
async def test_many_crashes_leave_nothing_behind(host: Host, library: Path) -> None:
    """With any signal, during an analysis or a start: all slots are usable, and nothing else remains."""
    victim = long_file(library / "victim.wav", 20 * 3600)
    song = tone_file(library / "song.wav")
    plugin = await host(workers=2, watching="off")
    await plugin.ask(song)
    before, others = traces(), set(psutil.Process().children())
    for number in (signal.SIGSEGV, signal.SIGKILL, signal.SIGBUS, signal.SIGABRT, signal.SIGTERM) * 2:
        asked = asyncio.create_task(plugin.client.post("/fingerprint", json={"track_id": 1, "filepath": str(victim)}))
        while not asked.done():  # two attempts
            for child in workers():
                with suppress(psutil.NoSuchProcess):
                    child.send_signal(number)
            await asyncio.sleep(0.05)
        (await asked).release()
        victim.touch()
    await plugin.ask(tone_file(library / "after.wav", 1.5))
    await eventually(lambda: not zombies() - others)
    files, threads, processes = traces()
    assert files <= before[0] + 6  # the second slot has started
    assert threads <= before[1] + 2
    assert processes <= before[2] + 1


def workers() -> list[psutil.Process]:
    """Return the worker processes of this process."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if MARK in " ".join(child.cmdline()):
                found.append(child)
    return found


def zombies() -> set[psutil.Process]:
    """Return the ended children that have not been waited for."""
    found = set()
    for child in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if child.status() == psutil.STATUS_ZOMBIE:
                found.add(child)
    return found


def traces() -> tuple[int, int, int]:
    """Count open files, threads and worker processes."""
    return len(os.listdir("/proc/self/fd")), lasting_threads(), len(workers())
