"""Listings and single files are read around damaged pages of the database."""

import asyncio
import shutil
from pathlib import Path

import pytest

from auralis_fp.errors import StorageError
from auralis_fp.store.damaged_pages import MOST_FAILED_READS
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.queries import Queries
from auralis_fp.store.vectors import Chunk, Points, read_points
from stored import damage_page, library_in, stored

FILES = 600
LIMIT = 100


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a sound database with some hundred results."""
    folder = tmp_path_factory.mktemp("sound")

    async def fill() -> None:
        async with library_in(folder) as library:
            names = (b"/music/%03d.mp3" % (7 * number % FILES) for number in range(FILES))
            await asyncio.gather(*(stored(library, name, lufs=-10.0 - index / 60) for index, name in enumerate(names)))

    asyncio.run(fill())
    return folder / "fingerprints.sqlite3"


@pytest.fixture
def path(sound: Path, tmp_path: Path) -> Path:
    """Return the path of a copy of it."""
    return Path(shutil.copy(sound, tmp_path))


async def listed(queries: Queries, sort: str, *, descending: bool = False) -> tuple[list[bytes], set[int], set[bytes]]:
    """Return the paths on all pages of a listing, the unreadable ids, and the paths of damaged results."""
    paths, unreadable, damaged, after = list[bytes](), set[int](), set[bytes](), None
    while True:
        page = await queries.files(FileQuery(sort=sort, descending=descending, after=after, limit=LIMIT))
        paths += [item.path for item in page.items]
        damaged |= {item.path for item in page.items if item.damaged}
        unreadable |= {*page.unreadable}
        if page.next is None:
            return paths, unreadable, damaged
        after = page.next


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["path", "lufs", "size"])
@pytest.mark.parametrize("table", ["fingerprints", "files", "sqlite_autoindex_files_1", "file_states"])
async def test_a_listing_has_all_files_that_can_be_read(path: Path, table: str, sort: str, *, descending: bool) -> None:
    """In their order over all pages; the others are named by their ids, or have a damaged result."""
    assert damage_page(path, table)
    async with library_in(path.parent) as library:
        paths, unreadable, damaged = await listed(Queries(library.database), sort, descending=descending)
        number = await Queries(library.database).number(FileQuery(sort=sort))
    assert len(paths) == len(set(paths))
    assert len(paths) + len(unreadable) == FILES
    assert len(paths) > FILES / 2
    assert FILES >= number >= len(paths)
    if sort == "path":
        assert paths == sorted(paths, reverse=descending)
        assert bool(damaged) is (table == "fingerprints")
    if table == "sqlite_autoindex_files_1":
        assert not unreadable


async def test_the_file_of_a_damaged_page_is_named(path: Path) -> None:
    """Its record has the reason, for a listing of its id and by its path."""
    assert damage_page(path, "fingerprints")
    async with library_in(path.parent) as library:
        _, _, (name, *_) = await listed(Queries(library.database), "path")
        record = await library.by_path(name)
        assert record is not None
        assert (record.damaged, record.failure is not None and record.failure.code) == (True, "damaged_result")
        assert await library.by_id(record.id) == record


async def test_a_table_that_is_lost_as_a_whole(path: Path) -> None:
    """Without the interior page of the results, all files are still listed, as damaged."""
    assert damage_page(path, "fingerprints", "internal")
    assert FILES < MOST_FAILED_READS
    async with library_in(path.parent) as library:
        paths, unreadable, damaged = await listed(Queries(library.database), "path")
    assert (len(paths), unreadable, len(damaged)) == (FILES, set(), FILES)


async def test_too_much_damage_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listing does not try for ever."""
    assert damage_page(path, "fingerprints", "internal")
    monkeypatch.setattr("auralis_fp.store.damaged_pages.MOST_FAILED_READS", 10)
    async with library_in(path.parent) as library:
        with pytest.raises(StorageError, match="--rebuild"):
            await Queries(library.database).files(FileQuery())


async def chunks_of(points: Points) -> list[Chunk]:
    """Return all chunks of points."""
    return [chunk async for chunk in points.chunks]


@pytest.mark.parametrize("table", ["fingerprints", "files"])
async def test_points_go_on_after_a_damaged_page(path: Path, table: str, caplog: pytest.LogCaptureFixture) -> None:
    """All that can be read follow in the order of their ids, also for a version; the log has the number missing."""
    async with library_in(path.parent) as library:
        assert sum(len(chunk.ids) for chunk in await chunks_of(await read_points(library.database))) == FILES
    assert damage_page(path, table)
    async with library_in(path.parent) as library:
        points = await read_points(library.database, ("lufs", "genre"))
        found = await chunks_of(points)
        since = await read_points(library.database, ("lufs",), points.version.rpartition("-")[0] + "-0")
        changed = await chunks_of(since)
    ids = [file_id for chunk in found for file_id in chunk.ids]
    assert ids == sorted(set(ids))
    assert FILES / 2 < len(ids) < FILES
    assert f"points without {FILES - len(ids)} files" in caplog.text
    assert [len(chunk.columns["lufs"]) for chunk in found] == [len(chunk.ids) for chunk in found]
    assert [file_id for chunk in changed for file_id in chunk.ids] == ids
