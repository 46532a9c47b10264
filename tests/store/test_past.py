"""Databases, exports and sidecars of every earlier version still open."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from auralis_fp import schema
from auralis_fp.errors import StorageError
from auralis_fp.settings import Settings
from auralis_fp.sidecars import storage as sidecar
from auralis_fp.store.database import open_database
from auralis_fp.store.transfer import import_results, result_from_json, result_record
from auralis_fp.store.upgrade import migrations
from past import LAYOUTS, PAST, as_exported_today, exported, restore
from stored import STAMP, known, library_in, results, stored

NEWEST = migrations()[-1][0]
CONFLICT = {  # a table or column that the next migration creates
    0: "CREATE TABLE sidecars_owed (other INTEGER)",
    1: "CREATE TABLE sidecars_owed (other INTEGER)",
    2: "CREATE TABLE sidecars_owed (other INTEGER)",
    3: "ALTER TABLE jobs ADD COLUMN afresh INTEGER",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the database."""
    return tmp_path / "fingerprints.sqlite3"


@pytest.mark.parametrize("version", [0, *LAYOUTS])
async def test_every_earlier_layout_is_upgraded(path: Path, version: int) -> None:
    """Nothing is lost, and the database then works as a new one does."""
    restore(path, version)
    async with library_in(path.parent) as library:
        counts = await library.counts()
        assert (counts.done, counts.failed, counts.pending) == ((1, 1, 1) if version else (0, 0, 0))
        if version:
            record = await library.by_track(77)
            assert record is not None
            assert (record.path, record.fingerprint and record.fingerprint.metadata.duration_sec) == (
                b"/music/done.mp3",
                3.5,
            )
        await stored(library, b"/music/new.mp3", lufs=-7.0)
        assert (await library.counts()).done == counts.done + 1


@pytest.mark.parametrize("version", LAYOUTS)
async def test_values_survive_the_upgrade(path: Path, version: int) -> None:
    """An export after the upgrade contains all that the earlier version exported."""
    restore(path, version)
    async with open_database(path) as database:
        records = [result_record(result) for result in (await results(database)).results]
    earlier = [as_exported_today(json.loads(line)) for line in exported(version)]
    for record, before in zip(records, earlier, strict=True):
        assert record["metadata"].items() >= before.pop("metadata").items()
        assert record.items() >= before.items()


@pytest.mark.parametrize("version", CONFLICT)
async def test_a_failed_upgrade_changes_nothing(path: Path, version: int) -> None:
    """A migration that cannot complete is rolled back with its version number."""
    restore(path, version)
    with sqlite3.connect(path) as connection:
        connection.execute(CONFLICT[version])
        before = list(connection.iterdump())
    connection.close()
    with pytest.raises(StorageError):
        async with open_database(path):
            pass
    with sqlite3.connect(path) as connection:
        (reached,) = connection.execute("PRAGMA user_version").fetchone()
        assert version <= reached < NEWEST
        assert reached > version or list(connection.iterdump()) == before
    connection.close()


@pytest.mark.parametrize("version", LAYOUTS)
async def test_exports_of_earlier_versions_import(tmp_path: Path, version: int) -> None:
    """Also those without a content id and those of an earlier algorithm."""
    lines = [json.loads(line) for line in exported(version)]
    async with library_in(tmp_path) as library:
        taken = await import_results(library.database, [result_from_json(line) for line in lines])
        assert taken.stored == len(lines)
        record = await known(library, b"/music/done.mp3")
        assert record.fingerprint is not None
        assert record.fingerprint.values == lines[0]["fingerprint"]


@pytest.mark.parametrize("version", LAYOUTS)
def test_sidecars_of_earlier_versions(tmp_path: Path, version: int) -> None:
    """A sidecar of the present algorithm version is read; one of an earlier algorithm is not."""
    place = Path(shutil.copy(PAST / f"v{version}.25d", tmp_path / "done.mp3.25d"))
    document = json.loads(place.read_text(encoding="ascii"))
    found = sidecar.read(bytes(tmp_path / "done.mp3"), STAMP, Settings(data_dir=tmp_path / "data"))
    if document["algorithm_version"] == schema.ALGORITHM_VERSION:
        assert found is not None
        assert found.fingerprint == document["fingerprint"]
    else:
        assert found is None
