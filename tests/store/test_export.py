"""The records of an export are those of ``result_record``, also for results that need a closer look."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from auralis_fp.models import FileStamp, Part, Tempo, TempoCandidate
from auralis_fp.store import parts
from auralis_fp.store.database import Database
from auralis_fp.store.export import exporting
from auralis_fp.store.files import Library
from auralis_fp.store.transfer import Columns, record_of, result_record
from stored import STAMP, analysed, library_in, queued, results, stored, with_metadata

ALL = "f.path > ? ORDER BY f.path"
TEMPO = Tempo((TempoCandidate(120.5, 0.8), TempoCandidate(60.25, 0.15)), 0.7)


def record_with_path(path: bytes, result: Columns) -> dict[str, Any]:
    """Return a record in the form of ``result_record``."""
    return {"path": path.decode("utf-8", "surrogateescape"), **record_of(result)}


async def exported(database: Database) -> list[dict[str, Any]]:
    """Return the records of all results."""
    page = await exporting(record_with_path)(database, ALL, (b"",))
    return [result.formed for result in page.results]


async def put(library: Library, path: bytes, stamp: FileStamp = STAMP, **metadata: Any) -> int:
    """Store a result with a tempo and other metadata; return the id of its file."""
    job = await queued(library, path, stamp)
    result = with_metadata(analysed(), tempo=TEMPO, **metadata)
    assert await library.record(job.file_id, result, stamp, claim=job.claim, source="analysis")
    return job.file_id


async def test_records_are_those_of_results(tmp_path: Path) -> None:
    """With parts, track ids, a machine, odd names, and times that need more than 64 bits."""
    async with library_in(tmp_path) as library:
        await put(library, b"/a\xe9\n\"'.flac", undefined=())
        await put(library, b"/b.flac", FileStamp(2**40, 2**80))
        last = await put(library, b"/c.flac", machine="m\u00f8ller", decoder="x 1.0")

        def add(db: sqlite3.Connection) -> None:
            parts.put(db, last, [Part("sub_fingerprints", 1, b"\0\xff" * 700)])
            db.executemany("INSERT INTO tracks VALUES (?, ?)", [(9, last), (7, last)])

        await library.database.write(add)
        expected = [result_record(result) for result in (await results(library.database)).results]
        assert await exported(library.database) == expected
        assert expected[2]["track_ids"] == [7, 9]


@pytest.mark.parametrize(
    ("change", "damaged"),
    [
        ("algorithm_version = 3", False),
        ("lufs = 'loud'", True),
        ("lufs = 1e9", True),
        ("metadata = '{}'", True),
        ("metadata = x'7b7d'", True),
        ("content = 'text'", True),
        ("payload_digest = 7", True),
        ("""metadata = replace(metadata, '["tempo_bpm"]', '["tempo_bpm", "taste", "lufs"]')""", False),
    ],
)
async def test_other_results_are_looked_at_closely(tmp_path: Path, change: str, damaged: bool) -> None:
    """An earlier version of the algorithm is exported, damage is reported, the order by path is kept."""
    async with library_in(tmp_path) as library:
        for path in (b"/1.flac", b"/2.flac", b"/3.flac"):
            record = await stored(library, path)
        sql = f"UPDATE fingerprints SET {change} WHERE file_id = ?"  # noqa: S608
        await library.database.write(lambda db: db.execute(sql, (record.id - 1,)).rowcount)
        expected = await results(library.database)
        page = await exporting(record_with_path)(library.database, ALL, (b"",))
        assert [result.formed for result in page.results] == [result_record(result) for result in expected.results]
        assert page.damaged == expected.damaged == ([b"/2.flac"] if damaged else [])
