"""A database that is locked, damaged, or opened twice."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store import database as module
from auralis_fp.store.database import open_database
from auralis_fp.store.files import Library
from auralis_fp.store.recovery import set_aside
from auralis_fp.store.upgrade import migrations
from listening import until
from patience import LIMIT_SEC
from stored import SONG, known, library_in, stored

NEWEST = migrations()[-1][0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database."""
    return tmp_path / "fingerprints.sqlite3"


def holder(path: Path) -> sqlite3.Connection:
    """Return the connection of another program that holds the write lock."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    return other


async def test_writes_wait_for_another_program(path: Path) -> None:
    """The lock is reported, reads continue, and writes complete when it is released."""
    async with open_database(path) as database:
        told: list[str | None] = []
        database.trouble = told.append
        library = Library(database)
        other = holder(path)
        waiting = [asyncio.create_task(library.remember(str(number), "kept")) for number in range(5)]
        await until(lambda: told)
        assert told[0] == module.LOCKED
        assert await library.recall("0") is None
        assert not any(task.done() for task in waiting)
        other.execute("ROLLBACK")
        other.close()
        await asyncio.gather(*waiting)
        assert told[-1] is None
        assert await library.recall("4") == "kept"


async def test_waiting_for_another_program_is_limited(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time limit all waiting callers receive an error, including late ones."""
    monkeypatch.setattr(module, "BUSY_LIMIT_SEC", 0.1)
    async with open_database(path) as database:
        library, other = Library(database), holder(path)
        with pytest.raises(StorageError) as caught:
            await asyncio.wait_for(library.remember("a", "b"), LIMIT_SEC)
        assert caught.value.code == "locked"
        monkeypatch.setattr(module, "BUSY_LIMIT_SEC", 2 * LIMIT_SEC)
        late = asyncio.create_task(library.remember("a", "b"))
        await asyncio.sleep(0)
        ended = time.monotonic()
    assert time.monotonic() - ended < LIMIT_SEC
    other.close()
    with pytest.raises(StorageError, match="locked"):
        await late


OPENING = """
import asyncio, os, sys; from pathlib import Path
from auralis_fp.errors import StorageError
from auralis_fp.store.database import open_database
async def main():
    try:
        async with open_database(Path(sys.argv[1])):
            print("open", os.getpid(), flush=True)
            await asyncio.to_thread(sys.stdin.readline)
    except StorageError as error:
        print(error.code, error, flush=True)
asyncio.run(main())
"""


def test_of_programs_that_start_at_once_one_has_the_folder(path: Path) -> None:
    """The others get an error with the process and its start time, and the new database is complete."""
    command = [sys.executable, "-c", OPENING, str(path)]
    programs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        said = [program.stdout.readline() for program in programs if program.stdout is not None]
    finally:
        for program in programs:
            program.communicate("\n")
    (owner,) = (line.split()[1] for line in said if line.startswith("open "))
    refused = [line for line in said if line.startswith("in_use")]
    assert len(refused) == 2
    for line in refused:
        assert f"process {owner} since {time.strftime('%Y-')}" in line or "another process" in line
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    connection.close()


async def test_pages_that_do_not_fit_are_found_after_a_bad_end(path: Path) -> None:
    """A database that was not closed properly is checked, and rejected with advice if it is damaged."""
    async with library_in(path.parent) as library:
        for number in range(300):
            await stored(library, b"/music/%d.mp3" % number)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 8192] = os.urandom(8192)
    path.write_bytes(content)
    path.with_name(path.name + "-wal").write_bytes(b"cut off")
    with pytest.raises(StorageError, match="--rebuild") as caught:
        async with open_database(path):
            pass
    assert caught.value.code == "corrupt_database"


async def test_a_database_set_aside_is_kept(path: Path) -> None:
    """It is kept with its log under a name with the time; one in use is not moved."""
    assert set_aside(path) is None
    async with library_in(path.parent) as library:
        await stored(library)
        with pytest.raises(StorageError) as caught:
            set_aside(path)
        assert caught.value.code == "in_use"
        assert (await known(library)).path == SONG
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"")
    kept = set_aside(path)
    assert kept is not None
    assert kept.name.endswith(".broken")
    assert not path.exists()
    assert not log.exists()
    async with library_in(path.parent) as library:
        assert (await library.counts()).total == 0
    with sqlite3.connect(kept) as connection:
        assert connection.execute("SELECT path FROM files").fetchall() == [(SONG,)]
    connection.close()
