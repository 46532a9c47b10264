"""Debouncing of files that are still being written."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.files.rules import Rules
from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.runtime.tasks import cancel_and_wait
from auralis_fp.watching.debounce import GROWTH_WHILE_OPEN, WriteDebouncer
from listening import Listener, until

SETTLE_SEC = 0.3


@pytest.fixture
def listener() -> Listener:
    """Return a sink that records events."""
    return Listener()


@pytest.fixture
async def debouncer(tmp_path: Path, listener: Listener) -> AsyncIterator[WriteDebouncer]:
    """Yield a running debouncer for the library *tmp_path*."""
    debouncer = WriteDebouncer(SETTLE_SEC, Rules([os.fsencode(tmp_path)], ["ignored"]), listener.observe)
    task = asyncio.create_task(debouncer.run())
    yield debouncer
    await cancel_and_wait(task)


def touch(debouncer: WriteDebouncer, path: Path, root: Path) -> None:
    """Report a change at a path."""
    debouncer.touch(os.fsencode(path), os.fsencode(root))


async def test_a_file_is_reported_once_it_stops_changing(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """Not while it grows, and then once."""
    song = tmp_path / "song.mp3"
    loop = asyncio.get_running_loop()
    for size in range(1, 12):
        song.write_bytes(b"x" * size)
        touch(debouncer, song, tmp_path)
        changed = loop.time()
        await asyncio.sleep(SETTLE_SEC / 5)
        assert not listener.events
    await until(lambda: listener.events)
    assert loop.time() - changed >= SETTLE_SEC * 0.9
    await asyncio.sleep(2 * SETTLE_SEC)
    assert len(listener.events) == 1
    assert listener.holds(song)


async def test_a_removed_file_is_reported_at_once(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """Without waiting for it to settle."""
    touch(debouncer, tmp_path / "song.mp3", tmp_path)
    await until(lambda: listener.events, SETTLE_SEC)
    assert listener.events == [FileEvent(os.fsencode(tmp_path / "song.mp3"), None)]


async def test_a_touched_folder_reports_its_files(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """A folder that is moved in causes one event for all its files."""
    for name in ("album/1.mp3", "album/cd2/2.mp3", "album/ignored/3.mp3", "album/cover.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    touch(debouncer, tmp_path / "album", tmp_path)
    await until(lambda: len(listener.known) == 2)
    assert listener.names() == {"1.mp3", "2.mp3"}


async def test_other_paths_are_dropped(tmp_path: Path, debouncer: WriteDebouncer, listener: Listener) -> None:
    """Pictures, links to folders, and files that lie outside."""
    outside = tmp_path.with_name(f"{tmp_path.name} outside")
    outside.mkdir()
    (outside / "song.mp3").touch()
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "cover.jpg").touch()
    for name in ("cover.jpg", "link", "link/song.mp3"):
        touch(debouncer, tmp_path / name, tmp_path)
    await asyncio.sleep(3 * SETTLE_SEC)
    assert not listener.known


async def test_a_change_during_the_report_is_reported_again(tmp_path: Path) -> None:
    """No change is lost between check and report."""
    song = tmp_path / "song.mp3"
    song.write_bytes(b"old")
    listener = Listener()
    running: list[WriteDebouncer] = []

    async def slow(events: Sequence[FileEvent]) -> None:
        if not listener.events:
            song.write_bytes(b"and new")
            touch(running[0], song, tmp_path)
        await listener.observe(events)

    debouncer = WriteDebouncer(0.05, Rules([os.fsencode(tmp_path)]), slow)
    running.append(debouncer)
    task = asyncio.create_task(debouncer.run())
    touch(debouncer, song, tmp_path)
    await until(lambda: len(listener.events) == 2)
    assert listener.holds(song)
    await cancel_and_wait(task)


async def test_paths_that_could_not_be_reported_stay_pending(tmp_path: Path) -> None:
    """After a storage error, the next run reports them."""
    song = tmp_path / "song.mp3"
    song.touch()
    listener = Listener()
    down = True

    async def report(events: Sequence[FileEvent]) -> None:
        if down:
            raise StorageError("disk_full", "no room")
        await listener.observe(events)

    debouncer = WriteDebouncer(0.0, Rules([os.fsencode(tmp_path)]), report)
    touch(debouncer, song, tmp_path)
    with pytest.raises(StorageError):
        await asyncio.wait_for(debouncer.run(), 5)
    down = False
    task = asyncio.create_task(debouncer.run())
    await until(lambda: listener.holds(song))
    await cancel_and_wait(task)


async def grow(path: Path, debouncer: WriteDebouncer, bursts: int, pause_sec: float, *, keep_open: bool) -> None:
    """Write a file in bursts with pauses longer than the settling time."""
    with path.open("ab", buffering=0) if keep_open else contextlib.nullcontext() as held:
        for _ in range(bursts):
            if held is not None:
                held.write(bytes(1000))
            else:
                with path.open("ab") as file:
                    file.write(bytes(1000))
            touch(debouncer, path, path.parent)
            await asyncio.sleep(pause_sec)


@pytest.mark.parametrize("keep_open", [True, False], ids=["open", "closed"])
async def test_a_growing_file_is_reported_ever_later(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener, keep_open: bool
) -> None:
    """A recording that is written in bursts costs a few reports, and is complete at the end."""
    song = tmp_path / "take.wav"
    await grow(song, debouncer, 12, 2 * SETTLE_SEC, keep_open=keep_open)
    await until(lambda: listener.holds(song))
    assert len(listener.events) <= (3 if keep_open else 5)


async def save_anew(path: Path, number: int) -> None:
    """Write a new file and rename it into place, as editors do."""
    new = path.with_name("new")
    new.write_bytes(bytes(1000 + number))
    new.replace(path)


async def fill_allocated(path: Path, number: int) -> None:
    """Write a part of a file whose size is final from the beginning, as download managers do."""
    with path.open("r+b" if number else "w+b") as file:
        file.truncate(100_000)
        file.seek(1000 * number)
        file.write(b"music")


async def grow_backdated(path: Path, number: int) -> None:
    """Append to a file, and set its time to the past, as synchronisation does."""
    with path.open("ab") as file:
        file.write(bytes(1000))
    os.utime(path, (1e9, 1e9))


@pytest.mark.parametrize("write", [save_anew, fill_allocated, grow_backdated])
async def test_other_ways_to_write_a_file_in_bursts(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener, write: Callable[[Path, int], Awaitable[None]]
) -> None:
    """However the file changes, each report is later than the one before, and the last state is reported."""
    song = tmp_path / "take.wav"
    for number in range(12):
        await write(song, number)
        touch(debouncer, song, tmp_path)
        await asyncio.sleep(2 * SETTLE_SEC)
    await until(lambda: listener.holds(song))
    assert len(listener.events) <= 5


async def test_a_closed_file_does_not_wait_for_its_writer(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """The long pause of an open file ends when it is closed."""
    song = tmp_path / "take.wav"
    loop = asyncio.get_running_loop()
    with song.open("ab", buffering=0) as file:
        for count in (1, 2, 3):
            file.write(bytes(1000))
            touch(debouncer, song, tmp_path)
            if count < 3:
                await until(lambda count=count: len(listener.events) == count)  # type: ignore[misc]
    closed = loop.time()
    await until(lambda: listener.holds(song))
    assert loop.time() - closed < SETTLE_SEC * GROWTH_WHILE_OPEN**2


async def test_a_sweep_leaves_growing_files_to_the_debouncer(tmp_path: Path, debouncer: WriteDebouncer) -> None:
    """Files that changed after their report, that are pending, or that are recent where there are no events."""
    song, path, root = tmp_path / "song.mp3", os.fsencode(tmp_path / "song.mp3"), os.fsencode(tmp_path)
    song.touch()
    event = FileEvent(path, FileStamp.of(song.stat()))
    assert not debouncer.defer(event, root, recent=False)
    assert debouncer.defer(event, root, recent=True)
    await until(lambda: not debouncer.waiting)
    assert not debouncer.defer(FileEvent(path, FileStamp.of(song.stat())), root, recent=False)
    song.write_bytes(b"more")
    assert debouncer.defer(FileEvent(path, FileStamp.of(song.stat())), root, recent=False)
    old = FileStamp(4, 1_000_000_000)
    assert not debouncer.defer(FileEvent(root + b"/old.mp3", old), root, recent=True)
    future = FileStamp(4, 15_000_000_000 * 10**9)
    assert not debouncer.defer(FileEvent(root + b"/future.mp3", future), root, recent=True)


async def test_a_file_that_became_a_placeholder_is_not_gone(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """A cloud client that frees up space causes an event, but the file keeps its result."""
    song = tmp_path / "song.mp3"
    with song.open("wb") as file:
        file.truncate(100_000)
    touch(debouncer, song, tmp_path)
    await until(lambda: not debouncer.waiting)
    assert not listener.events
