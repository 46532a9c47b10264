"""A damaged row costs only its own file, damaged pages are found while the database is in use, and backups restore."""

import asyncio
import os
import sqlite3
import time
from pathlib import Path

import pytest

from auralis_fp import schema
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.integrity import back_up, backup_of, inspect, restore_backup
from auralis_fp.store.queries import Queries
from stored import SONG, known, library_in, results, stored

DAMAGE = {
    "text that is not JSON": "metadata = '{oops'",
    "JSON of another type": "metadata = '[1, 2]'",
    "a number out of range": "lufs = 1e300",
    "a number of another dimension's range": "tempo_bpm = -5",
    "text that is not UTF-8": "metadata = CAST(x'7bff227d' AS TEXT)",
    "text for a number": "lufs = 'abc'",
    "a blob for a number": "stereo_width = x'00ff'",
}
OTHER = b"/music/other.flac"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database."""
    return tmp_path / "fingerprints.sqlite3"


def change(path: Path, sql: str) -> None:
    """Run a statement from outside the program."""
    with sqlite3.connect(path) as connection:
        connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_a_damaged_row_costs_only_its_file(path: Path, damage: str) -> None:
    """Listings, sorts, the export and the map hold all other files; the damaged one is named and queued when used."""
    async with library_in(path.parent) as library:
        broken = await stored(library)
        await stored(library, OTHER, lufs=-7.0)
        change(path, f"UPDATE fingerprints SET {damage} WHERE file_id = {broken.id}")  # noqa: S608 - from constants
        queries = Queries(library.database)
        page = await queries.files(FileQuery())
        assert [(item.path, item.state, item.damaged) for item in page.items] == [
            (OTHER, "done", False),
            (SONG, "failed", True),
        ]
        for sort in ("path", "size", "duration_sec", "analysed_at", *schema.NAMES):
            assert OTHER in {item.path for item in (await queries.files(FileQuery(sort=sort))).items}
        exported = await results(library.database)
        assert ([result.path for result in exported.results], exported.damaged) == ([OTHER], [SONG])
        assert sum([len(chunk.ids) async for chunk in (await queries.points()).chunks]) > 0
        await queries.minutes(0.0)
        await queries.cost()
        assert [found for _, found in (await asyncio.to_thread(inspect, path)).rows] == [SONG]
        assert (await known(library)).state == "pending"


async def test_a_sound_database_has_no_findings(path: Path) -> None:
    """Neither pages nor rows."""
    async with library_in(path.parent) as library:
        await stored(library)
        report = await asyncio.to_thread(inspect, path)
    assert (report.pages, report.rows) == (None, ())


async def test_damaged_pages_are_found_while_the_database_is_in_use(path: Path) -> None:
    """The check uses a connection of its own."""
    async with library_in(path.parent) as library:
        for number in range(300):
            await stored(library, b"/music/%d.mp3" % number)
    content = bytearray(path.read_bytes())
    middle = len(content) * 2 // 3 // 4096 * 4096  # pages of fingerprints
    content[middle : middle + 8192] = os.urandom(8192)
    path.write_bytes(content)
    async with library_in(path.parent):
        assert (await asyncio.to_thread(inspect, path)).pages is not None


async def test_a_backup_is_made_beside_a_writer_and_restored(path: Path) -> None:
    """It holds what was committed, belongs to its owner alone, and replaces the earlier one."""
    async with library_in(path.parent) as library:
        await stored(library)
        assert await asyncio.to_thread(back_up, path)
        await stored(library, OTHER)
        assert not await asyncio.to_thread(back_up, path, 3600.0)
        assert await asyncio.to_thread(back_up, path)
    backup = backup_of(path)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not restore_backup(path)
    path.unlink()
    assert restore_backup(path)
    async with library_in(path.parent) as library:
        assert (await library.counts()).done == 2


async def test_a_damaged_backup_is_not_restored(path: Path) -> None:
    """Nor is anything made of it."""
    backup_of(path).write_bytes(b"not a database" * 1000)
    assert not restore_backup(path)
    assert not path.exists()


async def test_a_link_at_the_place_of_the_backup(path: Path) -> None:
    """It is replaced, and what it leads to is left alone."""
    victim = path.with_name("victim")
    victim.write_bytes(b"precious")
    backup_of(path).with_name(backup_of(path).name + ".partial").symlink_to(victim)
    backup_of(path).symlink_to(victim)
    async with library_in(path.parent) as library:
        await stored(library)
        assert await asyncio.to_thread(back_up, path)
    assert victim.read_bytes() == b"precious"
    assert not backup_of(path).is_symlink()


async def test_checks_of_a_large_database_are_quick(path: Path) -> None:
    """A thousand rows take less than a second of processor time."""
    async with library_in(path.parent) as library:
        await asyncio.gather(*(stored(library, b"/music/%d.mp3" % number) for number in range(1000)))
        started = time.process_time()
        assert (await asyncio.to_thread(inspect, path)).rows == ()
        assert time.process_time() - started < 1.0
