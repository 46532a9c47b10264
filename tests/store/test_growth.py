"""A further dimension: what a program with one more row in its schema does with what earlier versions stored."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import auralis_fp
from auralis_fp import schema
from auralis_fp.errors import StorageError
from past import LAYOUTS, as_exported_today, exported, restore
from stored import library_in, stored

PACKAGE = Path(auralis_fp.__file__).parent
NEXT_VERSION = schema.ALGORITHM_VERSION + 1
ROW = f"""
    Dimension(
        name="warmth", family=Family.FREQUENCY, title="Warmth", unit="0-1", low=0.0, high=1.0, neutral=0.5,
        typical=(0.2, 0.8), perceived_as="how warm it sounds", formula="1", source="-", reference="-",
        since={NEXT_VERSION},
    ),
"""
PROGRAM = """
import asyncio, json, sys
from pathlib import Path
from auralis_fp import schema
from auralis_fp.errors import StorageError
from auralis_fp.models import Analysed, FileEvent, FileStamp, TrackMetadata
from auralis_fp.store.database import open_database
from auralis_fp.store.deduplication import queue_outdated
from auralis_fp.store.files import Library
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.queries import Queries
from auralis_fp.store.transfer import import_results, result_from_json, result_record, results_where

async def main(path, lines):
    async with open_database(Path(path)) as database:
        library, queries = Library(database), Queries(database)
        before = [result_record(result) for result in (await results_where(database, "f.id", ())).results]
        imported = await import_results(database, [result_from_json(json.loads(line)) for line in lines])
        await queue_outdated(database)
        record = await library.by_track(77)
        outdated = len((await queries.files(FileQuery(sort="warmth"))).items), record.state
        points = (await queries.points()).count
        values = {dimension.name: dimension.neutral for dimension in schema.DIMENSIONS}
        new = Analysed(values, record.fingerprint.metadata, 1.0)
        assert await library.record(record.id, new, record.stamp, claim=None, source="analysis")
        rows = await database.read("SELECT name FROM pragma_table_info('fingerprints') ORDER BY cid")
        stored = {name for name in values} - set((await library.by_id(record.id)).fingerprint.values)
        print(json.dumps({
            "names": schema.NAMES, "before": before, "imported": imported.stored, "outdated": outdated,
            "points": points, "points_after": (await queries.points()).count, "lacking": sorted(stored),
            "columns": [row["name"] for row in rows],
        }))

asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text().splitlines()))
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package whose schema has one more dimension, in the middle."""
    root = tmp_path_factory.mktemp("grown")
    package = root / "auralis_fp"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    table = package / "schema" / "dimensions.py"
    text = table.read_text(encoding="utf-8")
    marker = '    Dimension(\n        name="lufs"'
    assert text.count(marker) == 1
    text = text.replace(marker, ROW + marker)
    marker = f"ALGORITHM_VERSION: Final = {schema.ALGORITHM_VERSION}"
    assert text.count(marker) == 1
    table.write_text(text.replace(marker, f"ALGORITHM_VERSION: Final = {NEXT_VERSION}"), encoding="utf-8")
    return root


def run(grown: Path, database: Path, lines: list[str]) -> dict[str, Any]:
    """Run the grown program on a database, importing *lines*, and return what it found."""
    listing = database.with_name("lines.jsonl")
    listing.write_text("\n".join(lines), encoding="ascii")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, database, listing],
        env={**os.environ, "PYTHONPATH": str(grown)},
        cwd=grown,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert len(found["names"]) == len(schema.NAMES) + 1
    return found


@pytest.mark.parametrize("version", LAYOUTS)
def test_a_new_dimension_needs_no_migration(grown: Path, tmp_path: Path, version: int) -> None:
    """The column is appended, earlier rows keep their values and never show the new one, and new rows have all."""
    path = tmp_path / "fingerprints.sqlite3"
    restore(path, version)
    found = run(grown, path, [])
    assert found["columns"][-1] == "warmth"
    earlier = [as_exported_today(json.loads(line)) for line in exported(version)]
    assert [record["fingerprint"] for record in found["before"]] == [record["fingerprint"] for record in earlier]
    assert found["outdated"] == [0, "outdated"]
    assert (found["points"], found["points_after"]) == (0, 1)
    assert found["lacking"] == []


@pytest.mark.parametrize("version", LAYOUTS)
def test_exports_without_the_new_dimension_import(grown: Path, tmp_path: Path, version: int) -> None:
    """They are validated against the names that their algorithm version had."""
    lines = exported(version)
    assert run(grown, tmp_path / "fingerprints.sqlite3", lines)["imported"] == len(lines)


async def test_a_database_with_unknown_dimensions_is_refused(grown: Path, tmp_path: Path) -> None:
    """A program that does not know a column leaves the database to the newer one."""
    async with library_in(tmp_path) as library:
        record = await stored(library)
        await library.link_track(77, record.id)
    run(grown, tmp_path / "fingerprints.sqlite3", [])
    with pytest.raises(StorageError, match="warmth") as caught:
        async with library_in(tmp_path):
            pass
    assert caught.value.code == "newer_database"
