"""Files of silence, and helpers for tests of worker slots."""

import asyncio
import os
import threading
import wave
from pathlib import Path
from typing import Final

import psutil

from auralis_fp.models import Analysed, Rejected
from auralis_fp.workers.launch import MARK
from auralis_fp.workers.protocol import Slot
from listening import until

HOUR: Final = 3600


def silence(path: Path, seconds: float, *, rate: int = 44_100) -> Path:
    """Write a click and silence as a sparse WAV file; silence from the start is skipped."""
    size = int(seconds * rate) * 4
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, rate, 0, "NONE", ""))
        file.writeframes(b"")
    header = bytearray(path.read_bytes()[:44])
    header[4:8], header[40:44] = (size + 36).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(header + b"\x00\x10\x00\x10")
    os.truncate(path, 44 + size)
    return path


async def at_work(slot: Slot, path: bytes) -> "asyncio.Task[Analysed | Rejected]":
    """Return the running analysis of a file, once a part is decoded."""
    task = asyncio.create_task(slot.run(path))
    await until(lambda: slot.state().decoded_sec > 0)
    return task


def pid_of(slot: Slot) -> int:
    """Return the process id of a slot."""
    pid = slot.state().pid
    assert pid is not None
    return pid


def gone(pid: int) -> bool:
    """Return True if a process has ended."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def usable(slot: Slot, path: bytes) -> bool:
    """Return True if the slot returns a result."""
    return isinstance(await slot.run(path), Analysed)


def workers_of(pid: int) -> list[psutil.Process]:
    """Return the worker processes of a process."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        try:
            if MARK in " ".join(child.cmdline()) and child.status() != psutil.STATUS_ZOMBIE:
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def lasting_threads() -> int:
    """Count the threads without those of asyncio's default executor, whose number depends on timing and is limited."""
    return sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())
