"""Opening, migrating and writing the database."""

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store.database import Database, open_database
from auralis_fp.store.upgrade import migrations
from auralis_fp.store.writer import Operation
from patience import LIMIT_SEC


def adding(value: str) -> Operation[str]:
    """Return an operation that stores a value under itself."""

    def operation(db: sqlite3.Connection) -> str:
        db.execute("INSERT INTO memory VALUES (?, ?)", (value, value))
        return value

    return operation


async def kept(database: Database) -> set[str]:
    """Return the stored keys."""
    return {row["key"] for row in await database.read("SELECT key FROM memory")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database, in a folder that does not exist."""
    return tmp_path / "data" / "fingerprints.sqlite3"


async def test_a_new_database_belongs_to_its_owner_alone(path: Path) -> None:
    """Folder 0700, database and its write-ahead log 0600."""
    async with open_database(path) as database:
        await database.write(adding("a"))
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_migrations_are_numbered_without_gaps() -> None:
    """Versions count up from one."""
    versions = [version for version, _ in migrations()]
    assert versions == list(range(1, len(versions) + 1))


async def test_commits_survive_reopening(path: Path) -> None:
    """A commit outlives the program, and opening again changes nothing."""
    async with open_database(path) as database:
        assert await database.write(adding("a")) == "a"
    async with open_database(path) as database:
        assert await kept(database) == {"a"}
    assert not path.with_name(path.name + "-wal").exists()


async def test_one_failing_operation_undoes_only_itself(path: Path) -> None:
    """Of operations in one transaction only the failing one is rolled back, and its caller gets the error."""
    async with open_database(path) as database:
        outcomes = await asyncio.gather(
            *(database.write(adding(value)) for value in ("a", "b", "a", "c")), return_exceptions=True
        )
        assert await kept(database) == {"a", "b", "c"}
    assert outcomes[:2] == ["a", "b"]
    assert outcomes[3] == "c"
    assert isinstance(outcomes[2], StorageError)


async def test_an_operation_that_raises_leaves_nothing_behind(path: Path) -> None:
    """Its earlier writes are rolled back, and the caller gets its exception."""

    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO memory VALUES ('half', '')")
        raise LookupError("half way")

    async with open_database(path) as database:
        with pytest.raises(LookupError, match="half way"):
            await database.write(half)
        assert await kept(database) == set()


async def test_writes_of_callers_that_gave_up_do_no_harm(path: Path) -> None:
    """A cancelled caller neither stops the writer nor affects the commits of others."""
    async with open_database(path) as database:
        tasks = [asyncio.create_task(database.write(adding(str(number)))) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await kept(database) >= {str(number) for number in range(1, 20, 2)}


async def test_many_writes_cost_few_commits(path: Path) -> None:
    """A thousand waiting operations need far fewer transactions."""
    begun = 0

    def count(statement: str) -> None:
        nonlocal begun
        begun += statement.startswith("BEGIN")

    async with open_database(path) as database:

        def trace(db: sqlite3.Connection) -> None:
            db.set_trace_callback(count)

        await database.write(trace)
        await asyncio.gather(*(database.write(adding(str(number))) for number in range(1000)))
        assert len(await kept(database)) == 1000
    assert begun <= 10


async def test_what_waits_at_the_end_is_written(path: Path) -> None:
    """Closing the database commits the operations submitted before."""
    async with open_database(path) as database:
        writes = [asyncio.create_task(database.write(adding(str(number)))) for number in range(5)]
        await asyncio.sleep(0)
    assert len(await asyncio.gather(*writes)) == 5
    async with open_database(path) as database:
        assert len(await kept(database)) == 5


async def test_writes_to_a_closed_database_are_refused(path: Path) -> None:
    """A write after closing is refused."""
    async with open_database(path) as database:
        pass
    with pytest.raises(StorageError) as caught:
        await asyncio.wait_for(database.write(adding("late")), 5)
    assert caught.value.code == "closed"


async def test_a_full_disk_is_an_error_and_not_the_end(path: Path) -> None:
    """A write that does not fit is refused; a later one that fits is stored."""
    async with open_database(path) as database:

        def fill(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO memory VALUES ('big', ?)", ("x" * 1_000_000,))

        def limit(db: sqlite3.Connection) -> None:
            (row,) = db.execute("PRAGMA page_count").fetchall()
            db.execute(f"PRAGMA max_page_count = {row[0] + 4}").fetchall()

        await database.write(limit)
        with pytest.raises(StorageError) as caught:
            await database.write(fill)
        assert caught.value.code == "disk_full"
        await database.write(adding("small"))
        assert await kept(database) == {"small"}


async def test_a_second_process_learns_which_one_holds_the_lock(path: Path) -> None:
    """The error names the process that holds the lock, which is released when that process is killed."""
    holding = (
        "import asyncio, sys; from pathlib import Path; from auralis_fp.store.database import open_database\n"
        "async def main():\n"
        "    async with open_database(Path(sys.argv[1])):\n"
        "        print('open', flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", holding, path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == b"open\n"
        with pytest.raises(StorageError) as caught:
            async with open_database(path):
                pass
        assert caught.value.code == "in_use"
        assert f"process {other.pid}" in str(caught.value)
        other.kill()
    async with open_database(path) as database:
        assert await kept(database) == set()


async def test_reading_goes_on_beside_a_writer(path: Path) -> None:
    """A read-only connection needs no lock, sees committed data, and cannot write."""
    async with open_database(path) as writing:
        await writing.write(adding("a"))
        async with open_database(path, read_only=True) as reading:
            assert await kept(reading) == {"a"}
            await writing.write(adding("b"))
            assert await kept(reading) == {"a", "b"}
            with pytest.raises(StorageError) as caught:
                await reading.write(adding("c"))
    assert caught.value.code == "read_only"


async def code_of_opening(path: Path, *, read_only: bool = False) -> str:
    """Return the error code of opening."""
    with pytest.raises(StorageError) as caught:
        async with open_database(path, read_only=read_only):
            pass
    return caught.value.code


async def test_looking_needs_a_database(path: Path) -> None:
    """Opening for reading creates neither the database nor its folder."""
    assert await code_of_opening(path, read_only=True) == "no_database"
    assert not path.parent.exists()


async def test_looking_does_not_migrate(path: Path) -> None:
    """Opening for reading leaves a database of an older layout unchanged."""
    path.parent.mkdir()
    sqlite3.connect(path).close()
    path.touch()
    assert await code_of_opening(path, read_only=True) == "outdated_database"


async def test_a_newer_database_is_left_alone(path: Path) -> None:
    """A newer layout is refused and left unchanged."""
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = path.read_bytes()
    assert await code_of_opening(path) == "newer_database"
    assert path.read_bytes() == before


async def test_a_damaged_database_is_named_as_such(path: Path) -> None:
    """A file that is not a database is not overwritten."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)
    assert await code_of_opening(path) == "corrupt_database"
    assert path.read_bytes().startswith(b"this is")


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file in place of the data folder is reported with a message."""
    (tmp_path / "data").write_text("a file", encoding="ascii")
    with pytest.raises(StorageError, match="it is not a folder") as caught:
        async with open_database(tmp_path / "data" / "fingerprints.sqlite3"):
            pass
    assert caught.value.code == "unwritable"


async def test_a_database_that_leads_nowhere_is_reported(tmp_path: Path) -> None:
    """As a link to a disk that is not mounted; a link to an existing folder works."""
    path = tmp_path / "fingerprints.sqlite3"
    path.symlink_to(tmp_path / "disk" / "fingerprints.sqlite3")
    assert await code_of_opening(path) == "unwritable"
    (tmp_path / "disk").mkdir()
    async with open_database(path):
        assert path.is_symlink()


async def test_opening_fifty_times_leaves_no_file_open(path: Path) -> None:
    """No descriptors and no threads remain."""
    async with open_database(path):
        pass
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        async with open_database(path):
            pass
    assert len(os.listdir("/proc/self/fd")) <= before


def test_an_opening_that_is_given_up_leaves_nothing(path: Path) -> None:
    """Cancelled at any moment, it leaves no threads and no descriptors."""

    async def give_up(after_sec: float) -> None:
        async with AsyncExitStack() as stack:
            opening = asyncio.create_task(stack.enter_async_context(open_database(path)))
            await asyncio.sleep(after_sec)
            opening.cancel()
            await asyncio.wait({opening})

    asyncio.run(give_up(1.0))
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for moment in range(150):
        asyncio.run(give_up(0.0002 * (moment % 50)))
        deadline = time.monotonic() + LIMIT_SEC
        while (len(os.listdir("/proc/self/fd")), threading.active_count()) > before:  # a thread may be just ending
            assert time.monotonic() < deadline
            time.sleep(0.001)
