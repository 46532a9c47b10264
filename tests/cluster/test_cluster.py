"""Analysis on other machines, with a scheduler and machines that are processes."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from auralis_fp.cluster.named_slot import this_machine
from auralis_fp.cluster.pool import ClusterPool
from auralis_fp.engine.service import Service
from auralis_fp.models import Analysed, FileStamp, Rejected
from auralis_fp.settings import Settings
from auralis_fp.workers.handover import OneFile
from auralis_fp.workers.local import local_pool
from auralis_fp.workers.tasks import read_tags
from clusters import free_port, machine_command, running, scheduler_command
from listening import until
from serving import until_counts
from worker_slots import silence

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a music folder."""
    folder = tmp_path_factory.mktemp("cluster") / "music"
    folder.mkdir()
    for number in range(3):
        silence(folder / f"{number}.wav", 4 + number)
    return folder


@pytest.fixture(scope="module")
def scheduler(music: Path) -> Iterator[str]:
    """Yield the address of a scheduler with one machine of one slot."""
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(running(scheduler_command(port), music.parent / "scheduler.log"))
        stack.enter_context(running(machine_command(port, music, "m1"), music.parent / "m1.log"))
        yield f"tcp://127.0.0.1:{port}"


@pytest.fixture
async def pool(scheduler: str, music: Path, tmp_path: Path) -> AsyncIterator[ClusterPool]:
    """Yield the pool of a service that analyses nothing itself, once the machine is there."""
    settings = Settings(cluster=scheduler, libraries=(music,), data_dir=tmp_path, work_here="nothing")
    async with ClusterPool(settings, lambda: None) as pool:
        await until(lambda: pool.size == 1, 60)
        yield pool


def stamp(path: Path) -> FileStamp:
    """Return the stamp of a file."""
    return FileStamp.of(path.stat())


async def test_the_same_numbers_as_here(pool: ClusterPool, music: Path) -> None:
    """To the last digit, and the result names the machine."""
    file = music / "0.wav"
    async with pool.lease() as slot:
        there = await slot.run(os.fsencode(file), stamp=stamp(file))
    async with local_pool(Settings(workers=1)) as local, local.lease() as slot:
        here = await slot.run(os.fsencode(file), stamp=stamp(file))
    assert isinstance(there, Analysed)
    assert isinstance(here, Analysed)
    assert (there.fingerprint, there.parts, there.payload_digest) == (here.fingerprint, here.parts, here.payload_digest)
    assert there.metadata.machine == "m1"
    assert not here.metadata.machine


async def test_other_tasks_run_there_too(pool: ClusterPool, music: Path) -> None:
    """Tags are read, and a file that is gone is somebody's trouble, not a failure at once."""
    async with pool.lease() as slot:
        tags = await slot.call(read_tags, os.fsencode(music / "0.wav"), (), stamp(music / "0.wav"))
        assert not isinstance(tags, Rejected)
        gone = await slot.call(read_tags, os.fsencode(music / "gone.wav"), (), stamp(music / "0.wav"))
    assert isinstance(gone, Rejected)
    assert gone.code == "interrupted"


async def test_tags_of_several_files_in_one_message(pool: ClusterPool, music: Path) -> None:
    """A file that is gone does not affect the others; with no time left, the first file alone is read."""
    there = [OneFile(os.fsencode(music / f"{number}.wav"), (), stamp(music / f"{number}.wav")) for number in range(3)]
    gone = OneFile(os.fsencode(music / "gone.wav"), (), stamp(music / "0.wav"))
    async with pool.lease() as slot:
        outcomes = await slot.call_each(read_tags, [there[0], gone, *there[1:]], 60.0)
        assert len(await slot.call_each(read_tags, there, 0.0)) == 1
    assert [isinstance(outcome, Rejected) for outcome in outcomes] == [False, True, False, False]


async def test_the_stamp_is_checked_there(pool: ClusterPool, music: Path) -> None:
    """A file of another time is not analysed; it is tried again, and becomes a failure after several machines."""
    file, wrong = os.fsencode(music / "1.wav"), FileStamp(stamp(music / "1.wav").size, 1)
    codes = []
    async with pool.lease() as slot:
        for _ in range(4):
            outcome = await slot.run(file, stamp=wrong)
            assert isinstance(outcome, Rejected)
            codes.append(outcome.code)
    assert codes == ["interrupted"] * 3 + ["unreadable"]
    (machine,) = pool.machines()
    assert "differ" in machine.refused
    pool.machines_here.all()[0].barred_until = 0.0  # for the next test


async def test_what_is_given_up_ends(pool: ClusterPool, music: Path) -> None:
    """The machine is free for the next file."""
    long = silence(music / "long.wav", 3 * 3600)
    why = Rejected("worker", "cancelled", "Not wanted.")
    async with pool.lease() as slot:
        task = asyncio.create_task(slot.run(os.fsencode(long), stamp=stamp(long)))
        await until(lambda: slot.state().decoded_sec > 0, 60)
        assert await pool.give_up(os.fsencode(long), why)
        assert await task == why
        following = await slot.run(os.fsencode(music / "0.wav"), stamp=stamp(music / "0.wav"))
    assert isinstance(following, Analysed)
    long.unlink()


async def test_requests_stay_here_and_share_what_is_analysed(scheduler: str, music: Path, tmp_path: Path) -> None:
    """A request is answered by this machine; one for a file that the cluster has begun waits for that result."""
    long = silence(music / "long.wav", 3600)
    settings = Settings(cluster=scheduler, libraries=(music,), data_dir=tmp_path, work_here="requests", workers=1)
    async with Service(replace(settings, watching="off", sidecars="off")).running() as service:
        states = service._live.context.pool.states
        await until(lambda: any(each.path == str(long) and each.decoded_sec > 0 for each in states()), 60)
        asked = [asyncio.create_task(service.fingerprint(long)) for _ in range(2)]
        here = await service.fingerprint(silence(music / "new.wav", 8))
        there = await asyncio.gather(*asked)
        await until_counts(service, done=5)
        assert service.analyses == (5, 0)
    long.unlink()
    assert here.analysed.metadata.machine == this_machine()
    assert [answer.analysed.metadata.machine for answer in there] == ["m1", "m1"]


async def test_quiet_hours_of_this_machine_alone(scheduler: str, music: Path, tmp_path: Path) -> None:
    """Without ``cluster_throttled``, other machines go on; this one analyses nothing in the background."""
    hour = datetime.now().astimezone().hour
    quiet = f"{(hour - 1) % 24:02}:00-{(hour + 2) % 24:02}:00"
    settings = Settings(cluster=scheduler, libraries=(music,), data_dir=tmp_path, workers=1, quiet_hours=quiet)
    settings = replace(settings, cluster_throttled=False, watching="off", sidecars="off")
    async with Service(settings).running() as service:
        await until_counts(service, done=len(list(music.glob("*.wav"))))
        found = [await service.fingerprint(file) for file in music.glob("*.wav")]
    assert {answer.analysed.metadata.machine for answer in found} == {"m1"}


async def test_the_courier_is_replaced(pool: ClusterPool, music: Path) -> None:
    """What was out is begun again, and the next file goes through another courier."""
    pid = pool.exchange.courier.pid
    assert pid is not None
    assert pool.exchange.lacking == []
    os.kill(pid, 9)
    await until(lambda: pool.exchange.courier.pid not in {pid, None} and pool.size == 1, 60)
    async with pool.lease() as slot:
        outcome = await slot.run(os.fsencode(music / "0.wav"), stamp=stamp(music / "0.wav"))
    assert isinstance(outcome, Analysed)
