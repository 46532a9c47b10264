"""The watcher on real folders with real events."""

import asyncio
import errno
import os
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.settings import Settings
from auralis_fp.states import Health
from auralis_fp.watching import root as module
from auralis_fp.watching.events import FileSystemEvents
from auralis_fp.watching.watcher import Watcher
from listening import Listener, until
from patience import LIMIT_SEC


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry offline folders sooner."""
    monkeypatch.setattr(module, "OFFLINE_RETRY_SEC", 0.1)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return a library with one song."""
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "first.mp3").write_bytes(b"1")
    return folder


@pytest.fixture
def listener() -> Listener:
    """Return a sink that records events."""
    return Listener()


@asynccontextmanager
async def watching(listener: Listener, *roots: Path, mode: str = "events", **given: Any) -> AsyncIterator[Watcher]:
    """Watch folders until the context ends; yields once all have been swept."""
    options: dict[str, Any] = {"settle_sec": 0.1, "watching": mode} | given
    async with Watcher(Settings(libraries=roots, data_dir=Path("/nowhere"), **options), listener, Health()) as watcher:
        await until(lambda: watcher.scanned_once)
        yield watcher


async def test_the_first_sweep_finds_existing_files(music: Path, listener: Listener) -> None:
    """It does not depend on events."""
    async with watching(listener, music) as watcher:
        assert listener.names() == {"first.mp3"}
        (folder,) = watcher.folders()
        assert (folder.files, folder.online, folder.mode, folder.scanning) == (1, True, "events", False)
        assert folder.last_scan is not None
        assert folder.next_scan is not None


async def test_events_report_every_change(music: Path, listener: Listener) -> None:
    """Files and folders that are created, changed, moved and removed."""
    async with watching(listener, music):
        (music / "new.mp3").write_bytes(b"12")
        await until(lambda: listener.names() == {"first.mp3", "new.mp3"})
        (music / "new.mp3").write_bytes(b"1234")
        await until(lambda: listener.holds(music / "new.mp3"))
        (music / "new.mp3").rename(music / "moved.mp3")
        await until(lambda: listener.names() == {"first.mp3", "moved.mp3"})
        (music / "moved.mp3").unlink()
        await until(lambda: listener.names() == {"first.mp3"})
        album = music.parent / "album"
        (album / "cd1").mkdir(parents=True)
        (album / "cd1" / "1.mp3").touch()
        album.rename(music / "album")
        await until(lambda: listener.names() == {"first.mp3", "1.mp3"})
        (music / "album" / "cd1" / "2.mp3").touch()
        await until(lambda: listener.names() == {"first.mp3", "1.mp3", "2.mp3"})
        (music / "album" / "cd1").rename(music / "album" / "cd2")
        await until(lambda: os.fsencode(music / "album" / "cd2" / "2.mp3") in listener.known)
        await until(lambda: len(listener.known) == 3)
        shutil.rmtree(music / "album")
        await until(lambda: listener.names() == {"first.mp3"})


async def test_no_file_is_missed_between_sweep_and_events(music: Path, listener: Listener) -> None:
    """A file created just after the first sweep is found without another one."""
    for number in range(5):
        async with watching(listener, music):
            path = music / f"{number}.mp3"
            path.touch()
            await until(lambda path=path: listener.holds(path))  # type: ignore[misc]


async def test_sidecars_and_unfinished_files_cause_no_event(music: Path, listener: Listener) -> None:
    """Nor do hidden and ignored entries and pictures."""
    async with watching(listener, music, ignore=("ignored",)):
        for name in ("first.mp3.25d", ".first.mp3.25d.partial-1", "song.mp3.part", "song.crdownload", "cover.jpg"):
            (music / name).write_bytes(b"x")
        (music / ".hidden").mkdir()
        (music / ".hidden" / "1.mp3").touch()
        (music / "ignored").mkdir()
        (music / "ignored" / "1.mp3").touch()
        (music / "last.mp3").touch()
        await until(lambda: listener.names() == {"first.mp3", "last.mp3"})
        await asyncio.sleep(0.5)
        assert {event.path for event in listener.events} == {os.fsencode(music / "last.mp3")}


async def test_names_that_are_not_utf8_are_found_by_a_sweep(music: Path, listener: Listener) -> None:
    """Events cannot represent them, but show that something changed."""
    odd = os.path.join(os.fsencode(music), b"\xe9\xff.mp3")  # noqa: PTH118 - bytes
    async with watching(listener, music):
        with open(odd, "wb"):  # noqa: PTH123 - bytes
            pass
        await until(lambda: odd in listener.known)


async def test_a_missing_folder_is_offline_and_keeps_its_files(music: Path, listener: Listener) -> None:
    """An unplugged disk is not an empty one; it is followed again once it is back."""
    away = music.with_name("away")
    async with watching(listener, music) as watcher:
        music.rename(away)
        await until(lambda: not watcher.folders()[0].online)
        assert "cannot be read" in watcher.folders()[0].reason
        assert listener.names() == {"first.mp3"}
        (away / "second.mp3").touch()
        away.rename(music)
        await until(lambda: listener.names() == {"first.mp3", "second.mp3"})
        await until(lambda: watcher.folders()[0].online)
        (music / "third.mp3").touch()
        await until(lambda: "third.mp3" in listener.names())
        assert watcher.folders()[0].mode == "events"


async def test_a_missing_folder_does_not_affect_another(music: Path, listener: Listener) -> None:
    """The other one is still followed."""
    other = music.with_name("other")
    other.mkdir()
    async with watching(listener, music, other) as watcher:
        shutil.rmtree(music)
        await until(lambda: not watcher.folders()[0].online)
        (other / "song.mp3").touch()
        await until(lambda: "song.mp3" in listener.names())
        assert watcher.folders()[1].online


async def test_a_folder_may_be_missing_at_the_start(music: Path, listener: Listener) -> None:
    """It is offline, and swept when it appears."""
    settings = Settings(libraries=(music,), data_dir=music, settle_sec=0.1, watching="events")
    away = music.with_name("away")
    music.rename(away)
    async with Watcher(settings, listener, Health()) as watcher:
        await until(lambda: not watcher.folders()[0].online)
        assert watcher.scanned_once
        away.rename(music)
        await until(lambda: listener.names() == {"first.mp3"})


async def test_a_refusal_to_judge_a_sweep_is_shown(music: Path, listener: Listener) -> None:
    """The folder counts as offline, with the reason of the refusal."""
    listener.refusal = "The folder is empty, but 5 tracks of it are known."
    async with watching(listener, music) as watcher:
        (folder,) = watcher.folders()
        assert (folder.online, folder.reason) == (False, listener.refusal)
        listener.refusal = None
        await until(lambda: watcher.folders()[0].online)


async def test_polling_finds_changes_by_sweeps(music: Path, listener: Listener) -> None:
    """At the interval, without events."""
    async with watching(listener, music, mode="polling", sweep_interval_sec=1) as watcher:
        assert watcher.folders()[0].mode == "polling"
        (music / "first.mp3").unlink()
        (music / "second.mp3").touch()
        await until(lambda: listener.names() == {"second.mp3"})
        assert not listener.events


async def test_without_watching_only_requested_sweeps_run(music: Path, listener: Listener) -> None:
    """One at the start, then only on request."""
    async with watching(listener, music, mode="off", sweep_interval_sec=1) as watcher:
        await asyncio.sleep(1.5)
        assert len(listener.sweeps) == 1
        assert watcher.folders()[0].next_scan is None
        (music / "second.mp3").touch()
        assert watcher.scan()
        await until(lambda: listener.names() == {"first.mp3", "second.mp3"})


async def test_a_sweep_can_be_requested_by_folder(music: Path, listener: Listener) -> None:
    """Any folder below a library selects it; a folder outside is refused."""
    other = music.with_name("music2")
    other.mkdir()
    async with watching(listener, music, other, mode="off") as watcher:
        assert not watcher.scan(os.fsencode(music.parent))
        assert not watcher.scan(os.fsencode(music.with_name("music23")))
        assert watcher.scan(os.fsencode(other / "album"))
        await until(lambda: listener.sweeps.count(os.fsencode(other)) == 2)
        assert listener.sweeps.count(os.fsencode(music)) == 1


async def test_without_events_the_folder_is_polled(
    music: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the kernel limit and the command that raises it."""

    async def no_room(self: FileSystemEvents) -> FileSystemEvents:
        raise OSError(errno.ENOSPC, "OS file watch limit reached.")

    monkeypatch.setattr(FileSystemEvents, "__aenter__", no_room)
    async with watching(listener, music, sweep_interval_sec=1) as watcher:
        (folder,) = watcher.folders()
        assert (folder.mode, folder.online) == ("polling", True)
        assert "fs.inotify.max_user_watches" in folder.reason
        (music / "second.mp3").touch()
        await until(lambda: "second.mp3" in listener.names())


async def test_closing_releases_everything(music: Path, listener: Listener) -> None:
    """No thread, descriptor or task is left, however often it is opened."""
    async with watching(listener, music):
        pass
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        async with watching(listener, music):
            assert any(thread.name == "auralis-events" for thread in threading.enumerate())
    await until(lambda: not any(thread.name.startswith("auralis-") for thread in threading.enumerate()))
    assert len(asyncio.all_tasks()) == 1
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)  # the kernel releases them a moment later


async def test_it_can_be_closed_while_it_starts(music: Path, listener: Listener) -> None:
    """At any of its first steps."""
    for mode in ("off", "polling", "events"):
        settings = Settings(libraries=(music,), data_dir=music, watching=mode)
        for steps in range(15):
            async with asyncio.timeout(LIMIT_SEC), Watcher(settings, listener, Health()):
                for _ in range(steps):
                    await asyncio.sleep(0)
