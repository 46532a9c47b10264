"""Every kind of change in a watched folder, by real events; each is reported once."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from auralis_fp.settings import Settings
from auralis_fp.states import Health
from auralis_fp.watching import root as module
from auralis_fp.watching.watcher import Watcher
from disks import small_disk
from listening import Listener, until


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Return an empty library."""
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


@pytest.fixture
def listener() -> Listener:
    """Return a sink that records events."""
    return Listener()


@asynccontextmanager
async def watching(listener: Listener, *roots: Path, settle_sec: float = 0.1) -> AsyncIterator[Watcher]:
    """Watch folders by events; yields once all have been swept."""
    settings = Settings(libraries=roots, data_dir=Path("/nowhere"), settle_sec=settle_sec, watching="events")
    async with Watcher(settings, listener, Health()) as watcher:
        await until(lambda: watcher.scanned_once)
        yield watcher


@pytest.mark.slow
async def test_ten_thousand_files_at_once(music: Path, listener: Listener) -> None:
    """In new folders, and more than the kernel's event queue holds: all are found."""
    source = music.parent / "source"
    for folder in range(100):
        (source / str(folder)).mkdir(parents=True)
        for number in range(50):
            (source / str(folder) / f"{number}.mp3").touch()
    async with watching(listener, music):
        copying = asyncio.to_thread(shutil.copytree, source, music / "copied")
        moving = asyncio.to_thread(source.rename, music / "moved")
        await copying
        await moving
        await until(lambda: len(listener.known) == 10_000, 60)


async def test_a_flood_of_events_causes_a_sweep(
    music: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a batch so large that the kernel may have dropped events."""
    monkeypatch.setattr(module, "FLOOD", 50)
    async with watching(listener, music):
        before = len(listener.sweeps)
        for number in range(60):
            (music / f"{number}.mp3").touch()
        await until(lambda: len(listener.sweeps) > before)
        await until(lambda: len(listener.known) == 60)


async def test_a_rename_may_change_only_the_case(music: Path, listener: Listener) -> None:
    """The old spelling is gone, the new one is known."""
    (music / "song.mp3").touch()
    async with watching(listener, music):
        (music / "song.mp3").rename(music / "SONG.mp3")
        await until(lambda: listener.names() == {"SONG.mp3"})


async def test_a_replaced_file_is_reported_once(music: Path, listener: Listener) -> None:
    """Editors and tag writers write a temporary file and rename it."""
    song = music / "song.mp3"
    song.write_bytes(b"old")
    async with watching(listener, music):
        (music / "song.mp3.tmp").write_bytes(b"newer")
        (music / "song.mp3.tmp").rename(song)
        await until(lambda: listener.holds(song))
        await asyncio.sleep(0.6)
        assert [event.path for event in listener.events] == [os.fsencode(song)]


async def test_a_slowly_written_file_is_reported_once(music: Path, listener: Listener) -> None:
    """After it stops changing, however long the copy takes."""
    song = music / "song.mp3"
    async with watching(listener, music, settle_sec=0.5):
        with song.open("wb", buffering=0) as file:
            pauses = 0  # of a slow machine, each of which allows one more report
            for _ in range(15):
                written = time.monotonic()
                file.write(b"x" * 1000)
                await asyncio.sleep(0.1)
                pauses += time.monotonic() - written > 0.4
                assert len(listener.events) <= pauses
        await until(lambda: listener.holds(song))
        assert len(listener.events) <= pauses + 1


async def test_links_are_followed_within_the_libraries(music: Path, listener: Listener) -> None:
    """Links to files in them are followed, links out of them are not, and loops are harmless."""
    outside = music.parent / "outside"
    (outside / "album").mkdir(parents=True)
    (outside / "secret.mp3").touch()
    async with watching(listener, music):
        (music / "loop").symlink_to(music)
        (music / "round").symlink_to(music / "round")
        (music / "album").symlink_to(outside / "album")
        (music / "secret.mp3").symlink_to(outside / "secret.mp3")
        (music / "song.mp3").touch()
        (music / "linked.mp3").symlink_to(music / "song.mp3")
        (music / "hard.mp3").hardlink_to(music / "song.mp3")
        await until(lambda: listener.names() == {"song.mp3", "linked.mp3", "hard.mp3"})
        (outside / "album" / "1.mp3").touch()
        (music / "last.mp3").touch()
        await until(lambda: "last.mp3" in listener.names())
        assert listener.names() == {"song.mp3", "linked.mp3", "hard.mp3", "last.mp3"}


async def test_libraries_can_be_added_and_removed_while_running(music: Path, listener: Listener) -> None:
    """An added library is swept and followed, a removed one is not, and the others are not interrupted."""
    other = music.with_name("other")
    other.mkdir()
    (other / "there.mp3").touch()
    async with watching(listener, music) as watcher:
        await watcher.set_roots([os.fsencode(music), os.fsencode(other)])
        await until(lambda: "there.mp3" in listener.names())
        await until(lambda: [folder.mode for folder in watcher.folders()] == ["events", "events"])
        (other / "new.mp3").touch()
        await until(lambda: "new.mp3" in listener.names())
        await watcher.set_roots([os.fsencode(music)])
        (other / "late.mp3").touch()
        (music / "song.mp3").touch()
        await until(lambda: "song.mp3" in listener.names())
        await asyncio.sleep(0.5)
        assert "late.mp3" not in listener.names()
        assert listener.sweeps.count(os.fsencode(music)) == 1


@pytest.mark.slow
async def test_content_that_appears_behind_a_link_is_found(music: Path, listener: Listener) -> None:
    """As with git-annex: in a hidden folder, for links that were there before and for new ones."""
    objects = music / ".git" / "annex" / "objects"
    objects.mkdir(parents=True)
    (music / "old.mp3").symlink_to(objects / "1.mp3")
    async with watching(listener, music):
        (music / "new.mp3").symlink_to(objects / "2.mp3")
        (music / "here.mp3").touch()
        await until(lambda: listener.names() == {"here.mp3"})
        (objects / "1.mp3").write_bytes(b"1")
        (objects / "2.mp3").write_bytes(b"2")
        await until(lambda: listener.names() == {"here.mp3", "old.mp3", "new.mp3"})


@pytest.mark.parametrize(
    "name",
    [
        *("~syncthing~song.mp3.tmp", ".syncthing.song.mp3.tmp", ".song.mp3.Xy12Zz", "song.mp3.filepart"),
        *("song.mp3.!qB", "song.mp3.~4f2b", "song.mp3.sb-1a2b3c4d-Ab12Cd", "song.mp3.1a2b3c4d.partial"),
        *("song.temp.m4a", "song.f140.m4a", "...song.mp3.Ab12Cd", "~$song.mp3"),
    ],
)
async def test_temporary_names_cause_no_event(music: Path, listener: Listener, name: str) -> None:
    """Neither when they appear nor when they get their final name, which is reported once."""
    async with watching(listener, music) as watcher:
        (music / name).write_bytes(b"x" * 5000)
        (music / "first.mp3").touch()
        await until(lambda: listener.names() == {"first.mp3"})
        (music / name).rename(music / "song.mp3")
        await until(lambda: listener.names() == {"first.mp3", "song.mp3"})
        await until(lambda: not watcher.debouncer.waiting)
        assert sorted(os.path.basename(event.path) for event in listener.events) == [b"first.mp3", b"song.mp3"]  # noqa: PTH119 - bytes


async def test_a_remount_reopens_the_events(music: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk mounted below a library is swept at once, and its events are followed."""
    monkeypatch.setattr(module, "OFFLINE_RETRY_SEC", 0.1)
    monkeypatch.setattr(module, "MOUNT_CHECK_SEC", 0.1)
    (music / "song.mp3").touch()
    async with watching(listener, music):
        with small_disk(music / "disk2"):
            (music / "disk2" / "1.mp3").write_bytes(b"1")
            await until(lambda: listener.names() == {"song.mp3", "1.mp3"})
            (music / "disk2" / "2.mp3").write_bytes(b"2")
            await until(lambda: "2.mp3" in listener.names())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["0", "m", "zz"])
async def test_a_folder_that_a_link_leads_to_is_watched(music: Path, listener: Listener, name: str) -> None:
    """The system names a change by either path, as the entries happen to lie on the disk; also after the removal."""
    (music / "album").mkdir()
    (music / "album" / "1.mp3").touch()
    (music / name).symlink_to("album")
    async with watching(listener, music) as watcher:
        assert "leads to another folder" in watcher.folders()[0].reason
        (music / "album" / "1.mp3").rename(music / "album" / "2.mp3")
        await until(lambda: listener.names() == {"2.mp3"})
        (music / name).unlink()
        watcher.scan()
        await until(lambda: not watcher.folders()[0].reason)
        (music / "album" / "2.mp3").rename(music / "album" / "3.mp3")
        await until(lambda: listener.names() == {"3.mp3"})
    assert {path for path in listener.known if b"album" not in path} == set()
