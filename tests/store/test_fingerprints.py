"""The table of fingerprints and its single INSERT."""

import re
from dataclasses import replace
from pathlib import Path

import auralis_fp
from auralis_fp import schema
from auralis_fp.models import FileEvent
from auralis_fp.store.deduplication import reuse
from auralis_fp.store.transfer import import_results, result_from_json, result_record
from stored import LATER, SONG, STAMP, analysed, known, library_in, queued, results, seen

CONTENT, DIGEST = bytes(range(16)), bytes(range(20))


def test_only_one_statement_inserts_fingerprints() -> None:
    """A second one could forget a column."""
    inserts = [
        path.name
        for path in Path(auralis_fp.__file__).parent.rglob("*.py")
        for _ in re.findall(r"INTO\s+fingerprints\b", path.read_text(encoding="utf-8"))
    ]
    assert inserts == ["fingerprints.py"]


def test_only_one_statement_inserts_failures() -> None:
    """All failures are stored with the same columns."""
    inserts = [
        path.name
        for path in Path(auralis_fp.__file__).parent.rglob("*.py")
        for _ in re.findall(r"INTO\s+failures\b", path.read_text(encoding="utf-8"))
    ]
    assert inserts == ["failures.py"]


async def test_a_move_after_an_import_is_followed(tmp_path: Path) -> None:
    """An imported result keeps its content id, so the moved file is not analysed again and keeps its track id."""
    async with library_in(tmp_path / "a") as library:
        job = await queued(library)
        result = replace(analysed(lufs=-12.5), content=CONTENT, payload_digest=DIGEST)
        await library.record(job.file_id, result, STAMP, claim=job.claim, source="analysis")
        await library.link_track(7, job.file_id)
        sent = [result_from_json(result_record(one)) for one in (await results(library.database)).results]
    async with library_in(tmp_path / "b") as library:
        await import_results(library.database, sent)
        await library.observe([seen()])
        await library.observe([FileEvent(SONG, None)])
        moved = await queued(library, b"/music/moved.flac", LATER)
        found = await reuse(library.database, moved, DIGEST)
        assert found is not None
        assert found.fingerprint.values["lufs"] == -12.5
        record = await library.by_track(7)
        assert record is not None
        assert record.path == b"/music/moved.flac"


async def test_columns_are_the_dimensions(tmp_path: Path) -> None:
    """The table has a column for each dimension, in the order in which they were introduced."""
    async with library_in(tmp_path) as library:
        rows = await library.database.read("SELECT name FROM pragma_table_info('fingerprints') ORDER BY cid")
        assert tuple(row["name"] for row in rows if row["name"] in schema.BY_NAME) == schema.COLUMNS
        job = await queued(library)
        await library.record(job.file_id, analysed(), STAMP, claim=job.claim, source="analysis")
        record = await known(library)
        assert record.fingerprint is not None
        assert tuple(record.fingerprint.values) == schema.NAMES
