"""Real worker processes: their outcomes, and what remains when they are lost."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from auralis_fp import schema
from auralis_fp.models import Analysed, Rejected
from auralis_fp.settings import Settings
from auralis_fp.workers.capacity import choose_workers
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.pool import WorkerPool
from auralis_fp.workers.protocol import Slot
from auralis_fp.workers.sandbox import NICENESS
from auralis_fp.workers.tasks import INTERRUPTED
from listening import until
from patience import LIMIT_SEC
from worker_slots import HOUR, at_work, gone, lasting_threads, pid_of, silence, usable, workers_of

pytest_plugins = ("worker_fixtures",)


async def test_a_file_is_analysed(slot: Slot, short: bytes) -> None:
    """The outcome is a fingerprint in schema order, with metadata and time."""
    outcome = await slot.run(short)
    assert isinstance(outcome, Analysed)
    assert tuple(outcome.fingerprint) == schema.NAMES
    assert schema.fault_of(outcome.fingerprint) is None
    assert outcome.metadata.duration_sec == pytest.approx(4.0)
    assert (outcome.metadata.sample_rate, outcome.metadata.channels) == (44_100, 2)
    assert outcome.processing_time_ms > 0


async def test_an_interruption_ends_its_task_and_no_later_one(slot: Slot, long: bytes, short: bytes) -> None:
    """It does not wait for a thread of the program, in which it could come too late, and the worker goes on."""
    release = threading.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(1))
    busy = loop.run_in_executor(None, release.wait)
    task = await at_work(slot, long)
    pid = pid_of(slot)
    assert await slot.interrupt()
    outcome = await task
    assert isinstance(outcome, Rejected)
    assert outcome.code == INTERRUPTED
    assert not await slot.interrupt()
    release.set()
    await busy
    assert await usable(slot, short)
    assert pid_of(slot) == pid


async def test_a_bad_file_is_rejected(slot: Slot, short: bytes, tmp_path: Path) -> None:
    """Garbage and missing files are rejected without losing the process."""
    await slot.run(short)
    pid = pid_of(slot)
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF no music here")
    for path in (bad, tmp_path / "missing.wav"):
        outcome = await slot.run(os.fsencode(path))
        assert isinstance(outcome, Rejected)
        assert outcome.stage in {"scan", "decode"}
        assert outcome.reason
    assert await usable(slot, short)
    assert pid_of(slot) == pid


async def test_the_state_of_a_slot(pool: WorkerPool, slot: Slot, long: bytes) -> None:
    """Idle, then working on a file with growing progress."""
    assert slot.state().state == "idle"
    task = await at_work(slot, long)
    (state,) = pool.states()
    assert (state.state, state.path) == ("working", os.fsdecode(long))
    assert state.pid == pid_of(slot)
    assert state.duration_sec == pytest.approx(3 * HOUR)
    assert state.started_at is not None
    assert abs(time.time() - state.started_at) < 20
    await until(lambda: slot.state().decoded_sec > state.decoded_sec)
    task.cancel()
    await asyncio.wait({task})


async def test_workers_are_restricted(slot: Slot, short: bytes) -> None:
    """Low priority, one thread, no Ctrl-C, bounded memory."""
    await slot.run(short)
    process = psutil.Process(pid_of(slot))
    assert process.nice() >= min(19, NICENESS + psutil.Process().nice())
    os.kill(process.pid, signal.SIGINT)
    assert await usable(slot, short)
    assert pid_of(slot) == process.pid
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    (line,) = (line for line in limits.splitlines() if line.startswith("Max address space"))
    assert int(line.split()[3]) <= 2048 << 20


async def test_a_killed_worker_costs_one_file(slot: Slot, short: bytes, long: bytes) -> None:
    """The failure names the signal, and the slot stays usable."""
    task = await at_work(slot, long)
    os.kill(pid_of(slot), signal.SIGKILL)
    outcome = await asyncio.wait_for(task, LIMIT_SEC)
    assert isinstance(outcome, Rejected)
    assert (outcome.stage, outcome.code) == ("worker", "crashed")
    assert "SIGKILL" in outcome.reason
    assert await usable(slot, short)


async def test_a_worker_lost_while_idle_costs_no_file(slot: Slot, short: bytes) -> None:
    """A process that ends between two files causes no failure."""
    assert await usable(slot, short)
    pid = pid_of(slot)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: gone(pid))
    assert await usable(slot, short)
    assert pid_of(slot) != pid


async def test_other_slots_continue_when_a_worker_is_lost(long: bytes, tmp_path: Path) -> None:
    """A crash in one slot does not affect the other."""
    other = os.fsencode(silence(tmp_path / "other.wav", HOUR / 4))
    async with local_pool(Settings(workers=2)) as pool, pool.lease() as first, pool.lease() as second:
        lost, kept = await at_work(first, long), asyncio.create_task(second.run(other))
        os.kill(pid_of(first), signal.SIGKILL)
        assert isinstance(await lost, Rejected)
        assert isinstance(await asyncio.wait_for(kept, LIMIT_SEC), Analysed)


async def test_a_file_that_takes_too_long_is_aborted(short: bytes, long: bytes) -> None:
    """Its worker is killed, and the slot accepts the next file."""
    settings = Settings(workers=1, time_limit_sec=1, time_limit_factor=0)
    async with local_pool(settings) as pool, pool.lease() as slot:
        task = await at_work(slot, long)
        pid = pid_of(slot)
        outcome = await asyncio.wait_for(task, LIMIT_SEC)
        assert isinstance(outcome, Rejected)
        assert (outcome.stage, outcome.code) == ("worker", "timeout")
        assert gone(pid)
        assert await usable(slot, short)


async def test_a_cancelled_analysis_ends_its_worker(slot: Slot, short: bytes, long: bytes) -> None:
    """Cancellation leaves no process behind."""
    task = await at_work(slot, long)
    pid = pid_of(slot)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pid)
    assert await usable(slot, short)


@pytest.mark.slow
async def test_lost_workers_leave_nothing_behind(slot: Slot, short: bytes) -> None:
    """No descriptor, thread or process remains."""

    def traces() -> tuple[int, int, int]:
        return len(os.listdir("/proc/self/fd")), lasting_threads(), len(workers_of(os.getpid()))

    assert await usable(slot, short)
    before = traces()
    for _ in range(10):
        pid = pid_of(slot)
        os.kill(pid, signal.SIGKILL)
        await until(lambda pid=pid: gone(pid))  # type: ignore[misc]
        await slot.start()
    assert await usable(slot, short)
    fds, threads, processes = traces()
    assert fds <= before[0] + 2
    assert threads <= before[1]
    assert processes == before[2]


HOST = """
import asyncio, os, sys
from auralis_fp.workers.local import local_pool
from auralis_fp.settings import Settings

async def main():
    async with local_pool(Settings(workers=2)) as pool, pool.lease() as first, pool.lease() as second:
        print(first.state().pid, second.state().pid, flush=True)
        await first.run(os.fsencode(sys.argv[1]))

asyncio.run(main())
"""


@pytest.mark.parametrize("stopped", [False, True], ids=["at work", "stopped"])
def test_no_worker_outlives_its_parent(long: bytes, stopped: bool) -> None:
    """However the parent ends, even if the worker is stopped."""
    with subprocess.Popen([sys.executable, "-c", HOST, os.fsdecode(long)], stdout=subprocess.PIPE) as host:
        assert host.stdout is not None
        pids = [int(text) for text in host.stdout.readline().split()]
        assert len(pids) == 2
        if stopped:
            os.kill(pids[0], signal.SIGSTOP)
        host.kill()
    give_up = time.monotonic() + LIMIT_SEC
    while not all(gone(pid) for pid in pids):
        assert time.monotonic() < give_up, "a worker is still there"
        time.sleep(0.05)


def test_the_number_of_workers() -> None:
    """The setting, or at least one and at most one per processor."""
    assert choose_workers(Settings(workers=3)) == 3
    assert 1 <= choose_workers(Settings()) <= len(os.sched_getaffinity(0))
