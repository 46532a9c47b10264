"""The index follows the database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auralis_fp.models import FileEvent
from auralis_fp.similarity.index import catalogue as module
from auralis_fp.similarity.index.catalogue import Catalogue
from auralis_fp.similarity.index.column_file import ColumnFile
from auralis_fp.similarity.index.targets import QueryError, targets_of
from auralis_fp.store.files import Library
from disks import small_disk
from stored import library_in, seen
from vectors import DATABASE, NAMES, catalogue, filled, made_up, result, store


def state(one: Catalogue) -> dict[int, tuple[Any, ...]]:
    """Return the rows of an index by id."""
    raw = one.column("raw")
    return {
        int(file_id): (float(one.column("duration")[row]), int(one.column("undefined")[row]), *raw[:, row].tolist())
        for row, file_id in enumerate(one.column("id"))
    }


def rebuilt(folder: Path) -> dict[int, tuple[Any, ...]]:
    """Return the rows of an index that is built from nothing."""
    with closing(Catalogue(folder / DATABASE, folder / "other.index")) as one:
        one.refresh()
        return state(one)


async def test_it_holds_the_current_fingerprints(tmp_path: Path) -> None:
    """Values, lengths and what is undefined, by the id of the file."""
    values = made_up(30)
    ids = await filled(
        tmp_path, [result(one, undefined=["tempo_bpm"] if i == 3 else []) for i, one in enumerate(values)]
    )
    with catalogue(tmp_path) as index:
        assert len(index) == 30
        rows = index.rows_of(ids)
        assert np.allclose(index.column("raw")[:, rows], np.array([list(one.values()) for one in values]).T, rtol=1e-6)
        assert index.column("undefined")[rows[3]] == 1 << NAMES.index("tempo_bpm")
        assert index.rows_of([10**9, ids[0]]).tolist() == [-1, rows[0]]
        assert index.generation.number == 1


async def test_changes_are_followed(tmp_path: Path) -> None:
    """New, replaced, vanished and returned files leave the rows a fresh index would have."""
    ids = await filled(tmp_path, [result(one) for one in made_up(20)])
    with catalogue(tmp_path) as index:
        async with library_in(tmp_path) as library:
            extra = [await store(library, b"/music/new/%d.flac" % i, result(made_up(30)[i])) for i in range(2)]
            await library.observe([FileEvent(b"/music/003/song.flac", None), FileEvent(b"/music/019/song.flac", None)])
            await forget(library, ids[5])
        index.refresh()
        assert state(index) == rebuilt(tmp_path)
        assert {*ids, *extra} - set(index.column("id").tolist()) == {ids[3], ids[5], ids[19]}
        async with library_in(tmp_path) as library:
            await library.observe([seen(b"/music/003/song.flac")])
        index.refresh()
        assert state(index) == rebuilt(tmp_path)
        assert index.generation.number == 1


async def forget(library: Library, file_id: int) -> None:
    """Delete a file from the database."""

    def operation(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM files WHERE id = ?", (file_id,))

    await library.database.write(operation)


async def test_a_library_that_grows_by_a_fifth_is_measured_again(tmp_path: Path) -> None:
    """Not before, and not while a later page of an answer is asked for."""
    await filled(tmp_path, [result(one) for one in made_up(50)])
    with catalogue(tmp_path) as index:
        for count, keep, number in ((10, False, 1), (11, True, 1), (12, False, 2)):
            async with library_in(tmp_path) as library:
                await store(library, b"/music/new/%d.flac" % count, result(made_up(70)[count]))
                if count == 10:
                    for i in range(9):
                        await store(library, b"/music/more/%d.flac" % i, result(made_up(90)[i]))
            index.refresh(keep_generation=keep)
            assert index.generation.number == number, count


async def test_a_restart_reads_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without reading the fingerprints again; neighbourhoods and statistics are the same."""
    await filled(tmp_path, [result(one) for one in made_up(30)])
    with catalogue(tmp_path) as index:
        before, mean = state(index), index.column("mean").copy()
        quantiles = index.generation.quantiles
    monkeypatch.setattr(Catalogue, "_rebuild", None)
    with catalogue(tmp_path) as index:
        assert state(index) == before
        assert np.array_equal(index.column("mean"), mean)
        assert np.array_equal(index.generation.quantiles, quantiles)


@pytest.mark.parametrize("damage", ["gone", "torn", "flipped", "other version", "older database", "many changes"])
async def test_in_doubt_it_is_rebuilt(tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the database, which alone is trusted."""
    await filled(tmp_path, [result(one) for one in made_up(30)])
    with catalogue(tmp_path) as index:
        before = state(index)
    file = tmp_path / "similarity.index"
    data = bytearray(file.read_bytes())
    if damage == "gone":
        file.unlink()
    elif damage == "torn":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        data[-len(data) // 3] ^= 1
        file.write_bytes(data)
    elif damage == "other version":
        ColumnFile.create(file, module.LAYOUT, "other", 100)
    elif damage == "older database":
        with closing(sqlite3.connect(tmp_path / DATABASE)) as db, db:
            db.execute("UPDATE vector_changes SET sequence = sequence - 20 WHERE sequence > 20")
    else:
        monkeypatch.setattr(module, "FEW_CHANGES", 0)
        with closing(sqlite3.connect(tmp_path / DATABASE)) as db, db:
            db.execute("UPDATE vector_changes SET sequence = sequence + 1000")
    with catalogue(tmp_path) as index:
        assert state(index) == before


async def test_results_of_an_older_version_are_left_out(tmp_path: Path) -> None:
    """Their numbers do not compare with those of the present one; as a seed they are refused."""
    ids = await filled(tmp_path, [result(one) for one in made_up(5)])
    with closing(sqlite3.connect(tmp_path / DATABASE)) as db, db:
        db.execute("UPDATE fingerprints SET algorithm_version = algorithm_version - 1 WHERE file_id = ?", (ids[2],))
    with catalogue(tmp_path) as index:
        assert sorted(index.column("id").tolist()) == ids[:2] + ids[3:]
        with pytest.raises(QueryError, match=f"File {ids[2]} has no current fingerprint"):
            targets_of(index, [ids[2]])


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_tiny_libraries(tmp_path: Path, count: int) -> None:
    """No, one and two tracks have an index too, free of NaN."""
    await filled(tmp_path, [result(one) for one in made_up(count)])
    with catalogue(tmp_path) as index:
        assert len(index) == count
        for name in ("terms", "mean", "std"):
            assert np.isfinite(index.column(name)).all()


async def test_a_full_disk_costs_no_answer(tmp_path: Path) -> None:
    """The index is kept in memory where its file cannot be written."""
    await filled(tmp_path, [result(one) for one in made_up(30)])
    with (
        small_disk(tmp_path / "disk", 1) as disk,
        closing(Catalogue(tmp_path / DATABASE, disk.folder / "similarity.index")) as index,
    ):
        (disk.folder / "filler").write_bytes(bytes(900 << 10))
        index.refresh()
        assert state(index) == rebuilt(tmp_path)
        assert not (disk.folder / "similarity.index").exists()


async def test_a_second_process_leaves_the_file_alone(tmp_path: Path) -> None:
    """A command beside a running service reads a copy, follows the database, and writes nothing."""
    ids = await filled(tmp_path, [result(one) for one in made_up(30)])
    with catalogue(tmp_path) as index:
        file = tmp_path / "similarity.index"
        before = file.read_bytes()
        async with library_in(tmp_path) as library:
            await forget(library, ids[5])
        with catalogue(tmp_path) as second:
            assert len(second) == 29
            assert state(second) == rebuilt(tmp_path)
        assert file.read_bytes() == before
        file.unlink()
        with catalogue(tmp_path) as second:
            assert len(second) == 29
        assert not file.exists()
        assert len(index) == 30
