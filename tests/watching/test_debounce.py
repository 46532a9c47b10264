"""Files that are still being written."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.files.rules import Rules
from auralis_fp.models import FileEvent
from auralis_fp.runtime.tasks import cancel_and_wait
from auralis_fp.watching.debounce import WriteDebouncer
from listening import Listener, until

SETTLE_SEC = 0.3


@pytest.fixture
def listener() -> Listener:
    """Return who is told."""
    return Listener()


@pytest.fixture
async def settling(tmp_path: Path, listener: Listener) -> AsyncIterator[WriteDebouncer]:
    """Yield a running one for the library *tmp_path*."""
    with ThreadPoolExecutor(1) as threads:
        settling = WriteDebouncer(SETTLE_SEC, Rules([os.fsencode(tmp_path)], ["ignored"]), listener.observe, threads)
        task = asyncio.create_task(settling.run())
        yield settling
        await cancel_and_wait(task)


def touch(settling: WriteDebouncer, path: Path, root: Path) -> None:
    """Say that something happened at a path."""
    settling.touch(os.fsencode(path), os.fsencode(root))


async def test_a_file_is_reported_once_it_rests(tmp_path: Path, settling: WriteDebouncer, listener: Listener) -> None:
    """Not while it grows; then once, as it is."""
    song = tmp_path / "song.mp3"
    loop = asyncio.get_running_loop()
    for size in range(1, 12):
        song.write_bytes(b"x" * size)
        touch(settling, song, tmp_path)
        changed = loop.time()
        await asyncio.sleep(SETTLE_SEC / 5)
        assert not listener.events
    await until(lambda: listener.events)
    assert loop.time() - changed >= SETTLE_SEC * 0.9
    await asyncio.sleep(2 * SETTLE_SEC)
    assert len(listener.events) == 1
    assert listener.holds(song)


async def test_a_gone_file_is_reported_at_once(tmp_path: Path, settling: WriteDebouncer, listener: Listener) -> None:
    """There is nothing to wait for."""
    touch(settling, tmp_path / "song.mp3", tmp_path)
    await until(lambda: listener.events, SETTLE_SEC)
    assert listener.events == [FileEvent(os.fsencode(tmp_path / "song.mp3"), None)]


async def test_a_folder_stands_for_what_is_in_it(tmp_path: Path, settling: WriteDebouncer, listener: Listener) -> None:
    """Moved in as a whole it tells of no file by itself."""
    for name in ("album/1.mp3", "album/cd2/2.mp3", "album/ignored/3.mp3", "album/cover.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    touch(settling, tmp_path / "album", tmp_path)
    await until(lambda: len(listener.known) == 2)
    assert listener.names() == {"1.mp3", "2.mp3"}


async def test_what_is_not_ours_is_forgotten(tmp_path: Path, settling: WriteDebouncer, listener: Listener) -> None:
    """No music, pipes, and what is reached through a link to a folder."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "song.mp3").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "cover.jpg").touch()
    for name in ("cover.jpg", "link", "link/song.mp3"):
        touch(settling, tmp_path / name, tmp_path)
    await asyncio.sleep(3 * SETTLE_SEC)
    assert not listener.known


async def test_what_changes_while_it_is_reported_is_reported_again(tmp_path: Path) -> None:
    """A change is never lost between the look and the report."""
    song = tmp_path / "song.mp3"
    song.write_bytes(b"old")
    listener = Listener()
    running: list[WriteDebouncer] = []

    async def slow(events: Sequence[FileEvent]) -> None:
        if not listener.events:
            song.write_bytes(b"and new")
            touch(running[0], song, tmp_path)
        await listener.observe(events)

    with ThreadPoolExecutor(1) as threads:
        settling = WriteDebouncer(0.05, Rules([os.fsencode(tmp_path)]), slow, threads)
        running.append(settling)
        task = asyncio.create_task(settling.run())
        touch(settling, song, tmp_path)
        await until(lambda: len(listener.events) == 2)
        assert listener.holds(song)
        await cancel_and_wait(task)


async def test_what_could_not_be_reported_stays(tmp_path: Path) -> None:
    """If the store is down, the next run reports it."""
    song = tmp_path / "song.mp3"
    song.touch()
    listener = Listener()
    down = True

    async def report(events: Sequence[FileEvent]) -> None:
        if down:
            raise StorageError("disk_full", "no room")
        await listener.observe(events)

    with ThreadPoolExecutor(1) as threads:
        settling = WriteDebouncer(0.0, Rules([os.fsencode(tmp_path)]), report, threads)
        touch(settling, song, tmp_path)
        with pytest.raises(StorageError):
            await asyncio.wait_for(settling.run(), 5)
        down = False
        task = asyncio.create_task(settling.run())
        await until(lambda: listener.holds(song))
        await cancel_and_wait(task)
