"""Values as the analysis gives them, and a library in a database of its own."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from auralis_fp import schema
from auralis_fp.models import Analysed, FileEvent, FileStamp, Job, Rejected, TrackMetadata
from auralis_fp.store.database import Database, open_database
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.records import FileRecord
from auralis_fp.store.transfer import Page, Result, results_where

STAMP = FileStamp(1000, 1_700_000_000_123_456_789)
LATER = FileStamp(1000, STAMP.mtime_ns + 1)
PAGE_BYTES = 4096  # of SQLite, by default
SONG = b"/music/song.flac"
CORRUPT = Rejected("decode", "corrupt", "No frame of it could be read.")


def analysed(**values: float) -> Analysed:
    """Return a result of neutral values, some of them set."""
    fingerprint = {dimension.name: dimension.neutral for dimension in schema.DIMENSIONS} | values
    metadata = TrackMetadata(
        duration_sec=212.25,
        sample_rate=44_100,
        channels=2,
        format="flac",
        codec="flac",
        warnings=("truncated",),
        undefined=("tempo_bpm",),
    )
    return Analysed(fingerprint, metadata, 81.5)


def with_metadata(result: Analysed, **values: Any) -> Analysed:
    """Return the result with other metadata."""
    return replace(result, metadata=replace(result.metadata, **values))


def seen(path: bytes = SONG, stamp: FileStamp = STAMP) -> FileEvent:
    """Return the watcher's event for a file."""
    return FileEvent(path, stamp)


@asynccontextmanager
async def library_in(folder: Path) -> AsyncIterator[Library]:
    """Open a library whose database lies in *folder*."""
    async with open_database(folder / "fingerprints.sqlite3") as database:
        yield Library(database)


async def queued(library: Library, path: bytes = SONG, stamp: FileStamp = STAMP) -> Job:
    """Have a file seen, and return its claimed job."""
    await library.observe([seen(path, stamp)])
    job = await JobQueue(library.database).claim_file(path)
    assert job is not None
    return job


async def known(library: Library, path: bytes = SONG) -> FileRecord:
    """Return the record of a file that there is."""
    record = await library.by_path(path)
    assert record is not None
    return record


async def stored(library: Library, path: bytes = SONG, **values: float) -> FileRecord:
    """Have a file seen and analysed, and return its record."""
    job = await queued(library, path)
    assert await library.record(job.file_id, analysed(**values), STAMP, claim=job.claim, source="analysis")
    return await known(library, path)


def damage_page(path: Path, name: str, kind: str = "leaf") -> bool:
    """Replace the middle one of the pages of a table or index by noise; return False if it has none of that kind."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ?", (name, kind)).fetchall()
    database.close()
    if not rows:
        return False
    with path.open("r+b") as file:
        file.seek((rows[len(rows) // 2][0] - 1) * PAGE_BYTES)
        file.write(os.urandom(PAGE_BYTES))
    return True


async def results(database: Database, after: bytes = b"", limit: int = 500) -> Page[Result]:
    """Return stored results in order of path, after that of the previous page."""
    return await results_where(database, "f.path > ? ORDER BY f.path LIMIT ?", (after, limit))
