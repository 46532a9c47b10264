"""Debouncing of files that are still being written."""

import asyncio
import math
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.files.rules import Rules
from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.runtime.tasks import cancel_and_wait
from auralis_fp.watching.debounce import GROWTH, GROWTH_WHILE_OPEN, WriteDebouncer
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
    pauses = 0  # in which it settles, because the machine is slow
    for size in range(1, 12):
        song.write_bytes(b"x" * size)
        touch(debouncer, song, tmp_path)
        changed = loop.time()
        await asyncio.sleep(SETTLE_SEC / 5)
        pauses += loop.time() - changed > SETTLE_SEC * 0.9
        assert len(listener.events) <= pauses
    await until(lambda: listener.holds(song))
    assert loop.time() - changed >= SETTLE_SEC * 0.9
    await asyncio.sleep(2 * SETTLE_SEC)
    assert len(listener.events) <= pauses + 1


async def test_a_removed_file_is_reported_at_once(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """Without waiting for it to settle, as files do that are there."""
    (tmp_path / "there.mp3").touch()
    for name in ("there.mp3", "removed.mp3"):
        touch(debouncer, tmp_path / name, tmp_path)
    touched = time.monotonic()
    await until(lambda: listener.events)
    alone = listener.events == [FileEvent(os.fsencode(tmp_path / "removed.mp3"), None)]
    assert alone or time.monotonic() - touched >= SETTLE_SEC


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


def append(path: Path, _number: int) -> None:
    """Open a file, add to it and close it."""
    with path.open("ab") as file:
        file.write(bytes(1000))


def save_anew(path: Path, number: int) -> None:
    """Write a new file and rename it into place, as editors do."""
    new = path.with_name("new")
    new.write_bytes(bytes(1000 + number))
    new.replace(path)


def fill_allocated(path: Path, number: int) -> None:
    """Write a part of a file whose size is final from the beginning, as download managers do."""
    with path.open("r+b" if number else "w+b") as file:
        file.truncate(100_000)
        file.seek(1000 * number)
        file.write(b"music")


def grow_backdated(path: Path, number: int) -> None:
    """Append to a file, and set its time to the past, as synchronisation does."""
    with path.open("ab") as file:
        file.write(bytes(1000))
    os.utime(path, (1e9, 1e9))


@pytest.mark.slow
async def test_files_written_in_bursts_are_reported_ever_later(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """However a file changes, each report is later than the one before, and the last state is reported."""
    with (tmp_path / "held open.wav").open("ab", buffering=0) as held:

        def record(_path: Path, _number: int) -> None:
            held.write(bytes(1000))

        alone = (append, save_anew, fill_allocated, grow_backdated)
        ways: dict[Path, Callable[[Path, int], None]] = {tmp_path / f"{way.__name__}.wav": way for way in alone}
        ways[Path(held.name)] = record
        longest = 2 * SETTLE_SEC
        for number in range(12):
            began = time.monotonic()
            for song, write in ways.items():
                write(song, number)
                touch(debouncer, song, tmp_path)
            await asyncio.sleep(2 * SETTLE_SEC)
            longest = max(longest, time.monotonic() - began)
    await until(lambda: all(listener.holds(song) for song in ways))
    reports = Counter(Path(os.fsdecode(event.path)).name for event in listener.events)
    slower = longest / (2 * SETTLE_SEC)  # longer pauses of a slow machine allow more reports
    assert reports.pop("held open.wav") <= 3 + math.log(slower, GROWTH_WHILE_OPEN)
    assert max(reports.values()) <= 5 + math.log(slower, GROWTH)


@pytest.mark.slow
async def test_a_closed_file_does_not_wait_for_its_writer(
    tmp_path: Path, debouncer: WriteDebouncer, listener: Listener
) -> None:
    """The long pause of an open file ends when it is closed; another that stays open is reported later."""
    song, other = tmp_path / "take.wav", tmp_path / "open.wav"
    with other.open("ab", buffering=0) as kept:
        with song.open("ab", buffering=0) as file:
            for count in (2, 4, 6):
                for held, path in ((file, song), (kept, other)):
                    held.write(bytes(1000))
                    touch(debouncer, path, tmp_path)
                if count < 6:
                    await until(lambda count=count: len(listener.events) == count)  # type: ignore[misc]
        await until(lambda: len(listener.events) == 6)
    assert [Path(os.fsdecode(event.path)) for event in listener.events[4:]] == [song, other]


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
