"""Machines, schedulers and files that fail in a cluster."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest

from auralis_fp.cluster.pool import ClusterPool
from auralis_fp.models import Analysed, FileStamp, Rejected
from auralis_fp.settings import Settings
from auralis_fp.workers.protocol import Slot
from clusters import end, free_port, machine_command, running, scheduler_command
from commands import auralis
from listening import until
from worker_slots import silence

pytestmark = pytest.mark.slow


class Cluster:
    """A scheduler and one machine, which can be killed and started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.music = folder / "music"
        self.music.mkdir()
        self.port, self._folder, self._stack = free_port(), folder, stack
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.scheduler = self.start_scheduler()

    def start_scheduler(self) -> "subprocess.Popen[bytes]":
        """Start the scheduler."""
        return self._stack.enter_context(running(scheduler_command(self.port), self._folder / "scheduler.log"))

    def start(self, command: list[str], name: str) -> "subprocess.Popen[bytes]":
        """Start a machine."""
        return self._stack.enter_context(running(command, self._folder / f"{name}.log"))

    def pool(self) -> ClusterPool:
        """Return the pool of a service that analyses nothing itself."""
        data = self._folder / "data"
        settings = Settings(cluster=self.address, libraries=(self.music,), data_dir=data, work_here="nothing")
        return ClusterPool(settings, lambda: None)


def _begun(slot: Slot) -> bool:
    return slot.state().decoded_sec > 0


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """Yield a scheduler without machines."""
    with ExitStack() as stack:
        yield Cluster(tmp_path, stack)


async def test_a_file_that_takes_machines_down_fails_alone(cluster: Cluster) -> None:
    """It is begun once more after the first loss, and counts as crashed after the second."""
    machine = cluster.start(machine_command(cluster.port, cluster.music, "m1"), "m1")
    poison, innocent = silence(cluster.music / "poison.wav", 3 * 3600), silence(cluster.music / "a.wav", 4)
    codes = []
    async with cluster.pool() as pool:
        for _ in range(2):
            async with pool.lease() as slot:
                task = asyncio.create_task(slot.run(os.fsencode(poison), stamp=FileStamp.of(poison.stat())))
                await until(partial(_begun, slot), 60)
                worker, *_ = [
                    child
                    for child in psutil.Process(machine.pid).children(recursive=True)
                    if "spawn_main" in " ".join(child.cmdline())
                ]
                worker.kill()
                outcome = await task
            assert isinstance(outcome, Rejected)
            codes.append(outcome.code)
        assert codes == ["interrupted", "crashed"]
        async with pool.lease() as slot:
            assert isinstance(await slot.run(os.fsencode(innocent), stamp=FileStamp.of(innocent.stat())), Analysed)


async def test_the_scheduler_starts_again(cluster: Cluster) -> None:
    """Machine and service find it, and work goes on."""
    cluster.start(machine_command(cluster.port, cluster.music, "m1"), "m1")
    file = silence(cluster.music / "a.wav", 4)
    async with cluster.pool() as pool:
        await until(lambda: pool.size == 1, 60)
        end(cluster.scheduler)
        await until(lambda: pool.size == 0, 60)
        cluster.start_scheduler()
        await until(lambda: pool.size == 1, 100)
        async with pool.lease() as slot:
            assert isinstance(await slot.run(os.fsencode(file), stamp=FileStamp.of(file.stat())), Analysed)


async def test_a_plain_dask_worker_is_refused(cluster: Cluster) -> None:
    """The list of machines says why; so is one that lacks the music folder."""
    program = "from distributed.cli.dask_worker import main; main()"
    plain = [sys.executable, "-c", program, cluster.address, "--no-dashboard", "--no-nanny", "--nthreads", "1"]
    cluster.start(plain, "plain")
    cluster.start(machine_command(cluster.port, cluster.music, "m1", mount_name="films"), "m1")
    async with cluster.pool() as pool:
        await until(lambda: len(pool.machines()) == 2, 60)
        reasons = " ".join(machine.refused for machine in pool.machines())
    assert pool.size == 0
    assert "not started by `auralis-fp worker`" in reasons
    assert "lacks the music folder 'music'" in reasons
    listed = await asyncio.to_thread(auralis, "cluster", cluster.address)
    assert listed.returncode == 0  # no folders are given, so that the second may work
    assert "idle" in listed.stdout


async def test_tls_where_there_is_none(cluster: Cluster) -> None:
    """The command ends with one sentence."""
    done = await asyncio.to_thread(auralis, "cluster", cluster.address.replace("tcp", "tls"))
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_a_worker_stops_when_asked(cluster: Cluster) -> None:
    """SIGTERM ends a machine and all its processes, also one whose scheduler is gone."""
    machines = [cluster.start(machine_command(cluster.port, cluster.music, name), name) for name in ("m1", "m2")]
    async with cluster.pool() as pool:
        await until(lambda: pool.size == 2, 60)
    for machine in machines:
        family = psutil.Process(machine.pid).children(recursive=True)
        machine.send_signal(signal.SIGTERM)
        await asyncio.to_thread(machine.wait, 60)
        _, alive = await asyncio.to_thread(psutil.wait_procs, family, 20)
        assert not alive
        end(cluster.scheduler)
