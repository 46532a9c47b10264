"""The watcher over real folders and real events."""

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

from auralis_fp.files.mounts import is_network_mount
from auralis_fp.models import Health
from auralis_fp.settings import Settings
from auralis_fp.watching import root as module
from auralis_fp.watching.events import FileSystemEvents
from auralis_fp.watching.watcher import Watcher
from listening import Listener, until


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look sooner whether a folder has come back."""
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
    """Return who is told."""
    return Listener()


@asynccontextmanager
async def watching(listener: Listener, *roots: Path, mode: str = "events", **given: Any) -> AsyncIterator[Watcher]:
    """Watch folders until the context ends; begins when all have been looked through."""
    options: dict[str, Any] = {"settle_sec": 0.1, "watching": mode} | given
    async with Watcher(Settings(libraries=roots, data_dir=Path("/nowhere"), **options), listener, Health()) as watcher:
        await until(lambda: watcher.scanned_once)
        yield watcher


async def test_what_is_there_is_found_first(music: Path, listener: Listener) -> None:
    """The first sweep needs no events."""
    async with watching(listener, music) as watcher:
        assert listener.names() == {"first.mp3"}
        (folder,) = watcher.folders()
        assert (folder.files, folder.online, folder.mode, folder.scanning) == (1, True, "events", False)
        assert folder.last_scan is not None
        assert folder.next_scan is not None


async def test_events_tell_of_all_that_happens(music: Path, listener: Listener) -> None:
    """Files made, changed, moved, taken away, and whole folders."""
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


async def test_nothing_is_missed_between_sweep_and_events(music: Path, listener: Listener) -> None:
    """A file made the moment the first sweep ends is found without another sweep."""
    for number in range(5):
        async with watching(listener, music):
            path = music / f"{number}.mp3"
            path.touch()
            await until(lambda path=path: listener.holds(path))  # type: ignore[misc]


async def test_our_own_files_and_unfinished_ones_are_no_news(music: Path, listener: Listener) -> None:
    """Sidecars, downloads, hidden and ignored things cause no event at all."""
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


async def test_names_that_are_no_text_are_found_by_a_sweep(music: Path, listener: Listener) -> None:
    """Events cannot spell them, but tell that there is something."""
    odd = os.path.join(os.fsencode(music), b"\xe9\xff.mp3")  # noqa: PTH118 - bytes
    async with watching(listener, music):
        with open(odd, "wb"):  # noqa: PTH123 - bytes
            pass
        await until(lambda: odd in listener.known)


async def test_a_folder_that_goes_away_is_offline_and_forgets_nothing(music: Path, listener: Listener) -> None:
    """An unplugged disk is not an empty one; plugged in again it is followed again."""
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


async def test_one_folder_never_disables_another(music: Path, listener: Listener) -> None:
    """The one that is gone waits, the other is followed."""
    other = music.with_name("other")
    other.mkdir()
    async with watching(listener, music, other) as watcher:
        shutil.rmtree(music)
        await until(lambda: not watcher.folders()[0].online)
        (other / "song.mp3").touch()
        await until(lambda: "song.mp3" in listener.names())
        assert watcher.folders()[1].online


async def test_a_folder_given_at_start_may_vanish_before(music: Path, listener: Listener) -> None:
    """It is offline from the first moment, and found when it comes."""
    settings = Settings(libraries=(music,), data_dir=music, settle_sec=0.1, watching="events")
    away = music.with_name("away")
    music.rename(away)
    async with Watcher(settings, listener, Health()) as watcher:
        await until(lambda: not watcher.folders()[0].online)
        assert watcher.scanned_once
        away.rename(music)
        await until(lambda: listener.names() == {"first.mp3"})


async def test_doubts_of_the_store_are_shown(music: Path, listener: Listener) -> None:
    """If it refuses to judge a sweep, the folder counts as offline, with its sentence."""
    listener.refusal = "The folder is empty, but 5 tracks of it are known."
    async with watching(listener, music) as watcher:
        (folder,) = watcher.folders()
        assert (folder.online, folder.reason) == (False, listener.refusal)
        listener.refusal = None
        await until(lambda: watcher.folders()[0].online)


async def test_polling_finds_changes_by_sweeps(music: Path, listener: Listener) -> None:
    """Without events, at the interval."""
    async with watching(listener, music, mode="polling", sweep_interval_sec=1) as watcher:
        assert watcher.folders()[0].mode == "polling"
        (music / "first.mp3").unlink()
        (music / "second.mp3").touch()
        await until(lambda: listener.names() == {"second.mp3"})
        assert not listener.events


async def test_without_watching_there_are_only_sweeps_that_are_asked_for(music: Path, listener: Listener) -> None:
    """One at the start, and then none by itself."""
    async with watching(listener, music, mode="off", sweep_interval_sec=1) as watcher:
        await asyncio.sleep(1.5)
        assert len(listener.sweeps) == 1
        assert watcher.folders()[0].next_scan is None
        (music / "second.mp3").touch()
        assert watcher.scan()
        await until(lambda: listener.names() == {"first.mp3", "second.mp3"})


async def test_a_sweep_can_be_asked_for_by_folder(music: Path, listener: Listener) -> None:
    """Any folder below a library will do; one outside is refused."""
    other = music.with_name("music2")
    other.mkdir()
    async with watching(listener, music, other, mode="off") as watcher:
        assert not watcher.scan(os.fsencode(music.parent))
        assert not watcher.scan(os.fsencode(music.with_name("music23")))
        assert watcher.scan(os.fsencode(other / "album"))
        await until(lambda: listener.sweeps.count(os.fsencode(other)) == 2)
        assert listener.sweeps.count(os.fsencode(music)) == 1


async def test_where_events_are_not_to_be_had_there_is_polling(
    music: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's limit is named with its remedy, and nothing else suffers."""

    async def no_room(self: FileSystemEvents) -> FileSystemEvents:
        raise OSError(errno.ENOSPC, "OS file watch limit reached.")

    monkeypatch.setattr(FileSystemEvents, "__aenter__", no_room)
    async with watching(listener, music, sweep_interval_sec=1) as watcher:
        (folder,) = watcher.folders()
        assert (folder.mode, folder.online) == ("polling", True)
        assert "fs.inotify.max_user_watches" in folder.reason
        (music / "second.mp3").touch()
        await until(lambda: "second.mp3" in listener.names())


async def test_nothing_remains_when_it_ends(music: Path, listener: Listener) -> None:
    """Neither threads, descriptors nor tasks, however often it is opened."""
    async with watching(listener, music):
        pass
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        async with watching(listener, music):
            assert any(thread.name == "auralis-events" for thread in threading.enumerate())
    await until(lambda: not any(thread.name.startswith("auralis-") for thread in threading.enumerate()))
    assert len(asyncio.all_tasks()) == 1
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before)  # the system's side ends a moment later


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("/mnt/nas/music", True), ("/mnt/nas", True), ("/mnt/nasty", False), ("/home/me", False), ("/mnt/a b/c", True)],
)
def test_network_mounts_are_known_by_their_file_system(tmp_path: Path, folder: str, expected: bool) -> None:
    """The longest mount that holds the folder decides."""
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "40 22 0:50 / /mnt/nas rw shared:1 - nfs4 server:/export rw\n"
        "41 22 0:51 / /mnt/a\\040b rw - cifs //server/share rw\n"
        "a line of another form\n",
        encoding="ascii",
    )
    assert is_network_mount(Path(folder), table) is expected


def test_without_a_table_of_mounts_nothing_is_on_the_network(tmp_path: Path) -> None:
    """Other systems have none."""
    assert not is_network_mount(tmp_path, tmp_path / "missing")


async def test_it_can_end_as_soon_as_it_begins(music: Path, listener: Listener) -> None:
    """Told to stop at any of its first steps, it stops."""
    for mode in ("off", "polling", "events"):
        settings = Settings(libraries=(music,), data_dir=music, watching=mode)
        for steps in range(15):
            async with asyncio.timeout(10), Watcher(settings, listener, Health()):
                for _ in range(steps):
                    await asyncio.sleep(0)
