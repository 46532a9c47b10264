"""Tags in the database: what is due, what is stored, and what search finds by."""

import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from auralis_fp.models import FileEvent
from auralis_fp.store.files import Library
from auralis_fp.store.search_index import COLUMNS, prepare_index
from auralis_fp.store.tags import CHANGED_FILES, TagStore
from auralis_fp.tags.model import Cover, TagReading, Tags
from stored import LATER, SONG, STAMP, library_in, seen
from tagged_files import FULL


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Return an empty library whose tags can be stored."""
    async with library_in(tmp_path) as opened:
        assert await TagStore(opened.database).prepare()
        yield opened


async def store_tags(library: Library, *readings: TagReading) -> list[int]:
    """Store readings for the files that are due, and return the ids."""
    store = TagStore(library.database)
    due = await store.due(len(readings))
    return await store.record(list(zip(due, readings, strict=True)))


async def matches(library: Library, expression: str) -> list[str]:
    """Return the folded titles that an expression of FTS5 finds."""
    rows = await library.database.read("SELECT title FROM search WHERE search MATCH ?", (expression,))
    return [row["title"].strip() for row in rows]


async def test_tags_come_back_as_they_were_read(library: Library) -> None:
    """Every field, the cover and the groups are kept; the file is no longer due."""
    await library.observe([seen()])
    cover = Cover("ab" * 16, "embedded")
    (file_id,) = await store_tags(library, TagReading(FULL, cover))
    store = TagStore(library.database)
    known = (await store.of_files([file_id]))[file_id]
    assert (known.tags, known.cover, known.album_kind) == (FULL, cover, "album")
    assert await store.due(10) == []
    assert await store.waiting() == 0


async def test_changed_files_come_first(library: Library) -> None:
    """Files that have changed are read before new ones, and new ones before back-fill."""
    store = TagStore(library.database)
    await library.observe([seen(b"/m/old.mp3"), seen(b"/m/edited.mp3")])
    await store_tags(library, TagReading(), TagReading())

    def requeue(db: sqlite3.Connection) -> None:
        db.execute("UPDATE memory SET value = '0' WHERE key = 'tags version'")

    await library.database.write(requeue)
    await store.prepare()
    await library.observe([seen(b"/m/new.mp3"), seen(b"/m/edited.mp3", LATER)])
    assert [file.path for file in await store.due(10)] == [b"/m/edited.mp3", b"/m/new.mp3", b"/m/old.mp3"]
    assert [file.path for file in await store.due(10, least_priority=CHANGED_FILES)] == [b"/m/edited.mp3"]
    assert [file.path for file in await store.due(10, blocked=[b"/m"])] == []


async def test_a_file_that_changed_meanwhile_stays_due(library: Library) -> None:
    """What was read of another state of the file is not stored."""
    store = TagStore(library.database)
    await library.observe([seen()])
    (due,) = await store.due(1)
    await library.observe([seen(stamp=LATER)])
    assert await store.record([(due, TagReading(FULL))]) == []
    assert [file.stamp for file in await store.due(1)] == [LATER]


async def test_postponed_files_wait(library: Library) -> None:
    """A file that could not be read is not handed out before its time."""
    store = TagStore(library.database)
    await library.observe([seen()])
    (due,) = await store.due(1)
    await store.postpone([due.file_id], time.time() + 600)
    assert await store.due(1) == []
    await library.observe([FileEvent(SONG, LATER)])
    assert len(await store.due(1)) == 1


async def test_a_postponement_by_a_wrong_clock_ends(library: Library) -> None:
    """A time that no pause reaches was stored while the clock was years ahead."""
    store = TagStore(library.database)
    await library.observe([seen()])
    (due,) = await store.due(10)
    await store.postpone([due.file_id], time.time() + 5 * 365 * 86_400)
    assert await store.due(10) == [due]


async def test_titles_are_found_by_path(library: Library) -> None:
    """Each path has the title of its own file; files without a title, or without tags, are left out."""
    paths = [b"/music/a.mp3", b"/music/b.mp3", b"/music/c.mp3"]
    for path, title in zip(paths, ("One", "Two", None), strict=True):
        await library.observe([seen(path)])
        await store_tags(library, TagReading(Tags(title=title)))
    titles = await TagStore(library.database).titles([*paths, b"/music/unknown.mp3"])
    assert titles == {b"/music/a.mp3": "One", b"/music/b.mp3": "Two"}


async def test_index_follows_retagging_and_forgetting(library: Library) -> None:
    """The index holds the newest folded text of each file, and none of files that were deleted."""
    await library.observe([seen()])
    (file_id,) = await store_tags(library, TagReading(FULL))
    assert await matches(library, '"gaetis" AND "lodz"') == ["agaetis byrjun"]
    await library.observe([seen(stamp=LATER)])
    await store_tags(library, TagReading(msgspec.structs.replace(FULL, title="Straße")))
    assert await matches(library, '"gaetis"') == []
    assert await matches(library, '"strass"') == ["strasse"]

    def delete(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM files WHERE id = ?", (file_id,))

    await library.database.write(delete)
    assert await matches(library, '"strass"') == []


async def test_index_is_rebuilt_after_a_time_without_fts5(library: Library) -> None:
    """Changes made by an SQLite without FTS5 are found once it is there again."""
    await library.observe([seen()])
    assert not await library.database.write(lambda db: prepare_index(db, available=False))
    await store_tags(library, TagReading(Tags(title="Meanwhile")))
    assert await matches(library, '"meanwhile"') == []
    assert await TagStore(library.database).prepare()
    assert await matches(library, '"meanwhile"') == ["meanwhile"]
    checked = "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)"
    await library.database.write(lambda db: db.execute(checked).fetchall())
    assert len(COLUMNS) == 5


async def test_paths_that_are_not_text_can_be_stored(library: Library) -> None:
    """Bytes of a name that are not UTF-8 do not keep its tags from being stored."""
    await library.observe([seen(b"/m/\xe9\xff.mp3", STAMP)])
    assert len(await store_tags(library, TagReading(Tags(title="x")))) == 1


async def test_tags_that_are_read_again_unchanged_change_nothing(library: Library) -> None:
    """Files without ctime are read again now and then; only other tags are stored and reported."""
    store = TagStore(library.database)
    await library.observe([seen(b"/usb/a.mp3"), seen(b"/disk/b.mp3", replace(STAMP, ctime_ns=5, inode=7))])
    await store_tags(library, TagReading(FULL), TagReading(FULL))
    await store.queue_without_ctime([])
    assert [due.path for due in await store.due(10)] == [b"/usb/a.mp3"]
    await store.queue_without_ctime([b"/disk"])
    assert len(await store.due(10)) == 2
    assert await store_tags(library, TagReading(FULL), TagReading(FULL)) == []
    assert await store.waiting() == 0
    await store.queue_without_ctime([])
    assert len(await store_tags(library, TagReading(msgspec.structs.replace(FULL, title="Other")))) == 1
