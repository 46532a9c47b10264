"""Exports of a database with damaged pages hold all that can be read, and name the rest."""

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store.database import open_database
from auralis_fp.store.export import exporting
from auralis_fp.store.salvage import all_results
from auralis_fp.store.transfer import results_where
from commands import auralis
from stored import library_in, stored

FILES = 600
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a database with some hundred results."""

    async def fill() -> None:
        async with library_in(tmp_path) as library:
            await asyncio.gather(*(stored(library, b"/music/%03d.mp3" % number) for number in range(FILES)))

    asyncio.run(fill())
    return tmp_path / "fingerprints.sqlite3"


def pages(path: Path, name: str, kind: str) -> list[int]:
    """Return the page numbers of a table or index, of its leaves or of its interior."""
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ?", (name, kind)).fetchall()
    database.close()
    return [number for (number,) in rows]


def overwrite(path: Path, number: int) -> None:
    """Replace a page by noise."""
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(os.urandom(PAGE))


async def salvaged(path: Path) -> tuple[set[bytes], set[bytes | int]]:
    """Return the paths of the results that could be read, each once, and what could not be."""
    lost: list[bytes | int] = []
    async with open_database(path, read_only=True) as database:
        found = [result.path async for page in all_results(database, results_where, lost.append) for result in page]
    exported_lost: list[bytes | int] = []
    async with open_database(path, read_only=True) as database:
        reading = all_results(database, exporting(lambda path, _: path), exported_lost.append)
        exported = [result.formed async for page in reading for result in page]
    assert len(exported) == len(set(exported))
    assert set(exported) >= set(found)  # an export needs fewer tables
    assert set(exported_lost) <= set(lost)
    assert len(found) == len(set(found))
    return set(found), set(lost)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fingerprints", "leaf"),
        ("fingerprints", "internal"),
        ("files", "leaf"),
        ("sqlite_autoindex_files_1", "leaf"),
        ("sqlite_autoindex_files_1", "internal"),
    ],
)
async def test_a_damaged_page_costs_its_own_results(path: Path, name: str, kind: str) -> None:
    """In the middle of a table or of the index by which an export is ordered."""
    chosen = pages(path, name, kind)
    if not chosen:
        pytest.skip(f"so few files need no {kind} page")
    overwrite(path, chosen[len(chosen) // 2])
    found, lost = await salvaged(path)
    assert len(found) + len(lost) == FILES
    if name == "sqlite_autoindex_files_1":
        assert not lost
    elif kind == "leaf":
        assert 0 < len(lost) < FILES / 4
    elif kind == "internal":  # only the root
        assert (len(found), len(lost)) == (0, FILES)
    if name == "fingerprints":
        assert all(isinstance(one, bytes) for one in lost)


async def test_a_database_without_a_first_page(path: Path) -> None:
    """Nothing of it can be read, and the error says so."""
    overwrite(path, 1)
    with pytest.raises(StorageError, match="--rebuild"):
        await salvaged(path)


def test_an_export_names_what_it_leaves_out(path: Path) -> None:
    """Its exit code is 1, and it proposes what to do."""
    overwrite(path, pages(path, "fingerprints", "leaf")[3])
    done = auralis("export", "--data-dir", path.parent)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    lost = FILES - len(done.stdout.splitlines())
    assert lost > 0
    assert sum(line.startswith("/music/") for line in lines) == lost
    assert lines[-1].startswith(f"{lost} results are damaged")
    assert "--rebuild" in lines[-1]


async def test_many_damaged_rows_in_a_row(path: Path) -> None:
    """A page of results without a single sound one is not the end of an export."""
    with sqlite3.connect(path) as database:
        database.execute("UPDATE fingerprints SET metadata = 'spoilt' WHERE file_id != (SELECT max(id) FROM files)")
    database.close()
    found, lost = await salvaged(path)
    assert (len(found), len(lost)) == (1, FILES - 1)


def test_a_rebuild_reads_the_damaged_database(path: Path) -> None:
    """Without a backup and without sidecars, the readable results are kept."""
    overwrite(path, pages(path, "fingerprints", "leaf")[3])
    (path.parent / "empty").mkdir()
    done = auralis("scan", path.parent / "empty", "--data-dir", path.parent, "--rebuild")
    assert "further results were read from the damaged database" in done.stderr
    exported = auralis("export", "--data-dir", path.parent)
    assert exported.returncode == 0
    assert FILES - 20 < len(exported.stdout.splitlines()) < FILES
