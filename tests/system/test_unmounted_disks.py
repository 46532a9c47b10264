"""The service over libraries with disks that are mounted and unmounted; the tests need the right to mount."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.engine.service import Service
from auralis_fp.settings import Settings
from disks import bound, small_disk
from hosting import tone_file
from patience import LIMIT_SEC
from serving import until_counts


@pytest.fixture
def two_disks(settings: Settings, library: Path, tmp_path: Path) -> Settings:
    """Return settings for a library with one song, and the mount point of a second disk."""
    (library / "disk2").mkdir()
    tone_file(library / "1.wav", 1.5)
    for number in (2, 3, 4):
        tone_file(tmp_path / f"{number}.wav", number)
    return replace(settings, watching="events", settle_sec=0.1)


def fill(disk: Path, songs: Path) -> None:
    """Copy three songs to the disk."""
    for number in (2, 3, 4):
        shutil.copy2(songs / f"{number}.wav", disk)


async def until_folder(service: Service, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until *true* holds for the only folder; return the status."""
    async with asyncio.timeout(LIMIT_SEC):
        while True:
            status = await service.status()
            if true(status["folders"][0]):
                return status
            await asyncio.sleep(0.02)


async def until_reason(service: Service, text: str) -> dict[str, Any]:
    """Wait until the reason of the only folder contains *text*; return the status."""
    return await until_folder(service, lambda folder: text in folder["reason"])


async def test_a_disk_that_is_unmounted_while_the_service_runs(
    two_disks: Settings, library: Path, tmp_path: Path
) -> None:
    """Its tracks stay done, the rest of the library stays online, and it is followed again when it is back."""
    with small_disk(library / "disk2") as disk:
        fill(disk.folder, tmp_path)
        async with Service(two_disks).running() as service:
            await until_counts(service, done=4)
            disk.unmount()
            status = await until_reason(service, "disk2 is not mounted; its 3 tracks are kept")
            assert (status["counts"]["done"], status["folders"][0]["online"]) == (4, True)
            tone_file(library / "5.wav", 5.0)
            await until_counts(service, done=5)
            with small_disk(library / "disk2") as again:
                fill(again.folder, tmp_path)
                status = await until_folder(service, lambda folder: not folder["reason"])
                assert status["counts"]["done"] == 5
                assert service.analyses == (5, 0)


async def test_a_disk_that_is_not_mounted_at_a_restart(two_disks: Settings, library: Path, tmp_path: Path) -> None:
    """Its tracks are kept, with their results."""
    with small_disk(library / "disk2") as disk:
        fill(disk.folder, tmp_path)
        async with Service(two_disks).running() as service:
            await until_counts(service, done=4)
    async with Service(two_disks).running() as service:
        await until_reason(service, "its 3 tracks are kept")
        assert (await service.status())["counts"]["done"] == 4


@pytest.mark.parametrize("own_disks", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
async def test_another_disk_at_the_same_mount_point(
    two_disks: Settings, library: Path, tmp_path: Path, *, restarted: bool, own_disks: bool
) -> None:
    """As of memory sticks; the tracks of the first one are kept, and need no analysis when it is back."""
    place, first, second = library / "disk2", tmp_path / "first", tmp_path / "second"
    async with AsyncExitStack() as disks:
        for folder in (first, second):
            folder.mkdir()
            if own_disks:
                disks.enter_context(small_disk(folder))
        fill(first, tmp_path)
        tone_file(second / "other.wav", 6.0)
        async with AsyncExitStack() as stack:
            with bound(first, place):
                service = await stack.enter_async_context(Service(two_disks).running())
                await until_counts(service, done=4)
                if restarted:
                    await stack.aclose()
            with bound(second, place):
                if restarted:
                    service = await stack.enter_async_context(Service(two_disks).running())
                status = await until_reason(service, "Another disk is mounted at")
                assert "Its 3 tracks are kept" in status["folders"][0]["reason"]
                assert status["counts"]["done"] == 4
            with bound(first, place):
                status = await until_folder(service, lambda folder: not folder["reason"])
                assert status["counts"]["done"] == 4
                assert service.analyses == ((0, 0) if restarted else (4, 0))


async def test_a_disk_mounted_over_a_folder(two_disks: Settings, library: Path, tmp_path: Path) -> None:
    """The tracks of the folder are hidden, not gone."""
    fill(library / "disk2", tmp_path)
    async with Service(two_disks).running() as service:
        await until_counts(service, done=4)
        with small_disk(library / "disk2"):
            status = await until_reason(service, "Another disk is mounted at")
            assert status["counts"]["done"] == 4
        status = await until_folder(service, lambda folder: not folder["reason"])
        assert status["counts"]["done"] == 4
        assert service.analyses == (4, 0)


async def test_a_library_whose_link_leads_elsewhere(two_disks: Settings, library: Path, tmp_path: Path) -> None:
    """It is offline while the service runs and after a restart; pointed back it goes on without an analysis."""
    other, link = tmp_path / "other", tmp_path / "link"
    other.mkdir()
    tone_file(other / "new.wav", 3.0)
    link.symlink_to(library)
    settings = replace(two_disks, libraries=(link,))
    async with Service(settings).running() as service:
        await until_counts(service, done=1)
        link.unlink()
        link.symlink_to(other)
        status = await until_reason(service, "other instead of")
        assert not status["folders"][0]["online"]
    async with Service(settings).running() as service:
        await until_reason(service, "other instead of")
        link.unlink()
        link.symlink_to(library)
        status = await until_folder(service, lambda folder: bool(folder["online"]))
        assert status["counts"]["done"] == 1
        assert service.analyses == (0, 0)
