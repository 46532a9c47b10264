"""Garbage in any column of any table costs at most the row that it is in."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from auralis_fp import schema
from auralis_fp.models import FileEvent
from auralis_fp.store.confirmation import Confirmations
from auralis_fp.store.files import Library
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.forgetting import count_absence, forget, prunable
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.queries import Queries
from auralis_fp.store.salvage import all_results
from auralis_fp.store.transfer import results_where
from stored import CORRUPT, LATER, STAMP, analysed, library_in, queued, seen, stored

VALUES = ("'abc'", "x'ff00'", "9e999")
TABLES = ("files", "fingerprints", "failures", "jobs", "tracks", "file_states", "analysis_minutes")
FEW = ("lufs", "tempo_bpm")  # of the dimensions, which are all alike
SOUND = b"/music/1.mp3"


@pytest.fixture
async def sound(tmp_path: Path) -> Path:
    """Return the folder of a database with files in every state."""
    folder = tmp_path / "sound"
    async with library_in(folder) as library:
        for number in range(3):
            record = await stored(library, b"/music/%d.mp3" % number, lufs=-10.0 - number)
            await library.link_track(number + 1, record.id)
        job = await queued(library, b"/music/bad.mp3")
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
        await library.observe([seen(b"/music/waiting.mp3"), seen(b"/music/next.mp3"), FileEvent(b"/music/2.mp3", None)])
    return folder


def damaged(folder: Path, table: str) -> Iterator[tuple[str, Path]]:
    """Yield copies of a database, each with garbage in another column of the first row of a table."""
    with sqlite3.connect(folder / "fingerprints.sqlite3") as database:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    database.close()
    for column in columns:
        if column in schema.NAMES and column not in FEW:
            continue
        for value in VALUES:
            copy = folder.with_name("copy")
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(folder, copy)
            if spoil(copy, f"UPDATE {table} SET {column} = {value} WHERE rowid = (SELECT min(rowid) FROM {table})"):  # noqa: S608 - from constants
                yield f"{table}.{column} = {value}", copy


def spoil(folder: Path, sql: str) -> bool:
    """Run a statement; return True if it changed a row."""
    database = sqlite3.connect(folder / "fingerprints.sqlite3")
    try:
        database.execute("PRAGMA ignore_check_constraints = ON")
        return database.execute(sql).rowcount > 0
    except sqlite3.IntegrityError:  # such a value cannot get there
        return False
    finally:
        database.commit()
        database.close()


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
async def test_garbage_in_a_column(sound: Path, table: str) -> None:
    """Lists, sums, the export, sweeps, jobs and maintenance go on, and the sound files have their results."""
    tried = 0
    for where, copy in damaged(sound, table):
        tried += 1
        async with library_in(copy) as library:
            try:
                await use(library)
            except Exception as error:  # noqa: BLE001 - named with the place of the damage
                pytest.fail(f"{where}: {error!r}")
    assert tried > 0


async def use(library: Library) -> None:
    """Do with a library what the service does."""
    database = library.database
    queries, job_queue, confirmations = Queries(database), JobQueue(database), Confirmations(database)
    for sort in ("path", "size", "duration_sec", "lufs"):
        assert SOUND in {item.path for item in (await queries.files(FileQuery(sort=sort))).items}
    await queries.files(FileQuery(state="failed"))
    await library.counts()
    assert sum([len(chunk.ids) async for chunk in (await queries.points()).chunks]) > 0
    await queries.minutes(0.0)
    await queries.cost()
    await queries.failure_codes()
    lost: list[bytes | int] = []
    assert SOUND in [result.path async for page in all_results(database, results_where, lost.append) for result in page]
    await library.observe([seen(b"/music/0.mp3", LATER), seen(SOUND), seen(b"/music/new.mp3")], walk=True)
    await job_queue.release_claims()
    await job_queue.mark_checked([job.file_id for job in await job_queue.without_sidecar_check(10)])
    while await job_queue.next_isolation() is not None and (job := await job_queue.claim()) is not None:
        await library.record(job.file_id, analysed(), job.stamp, claim=job.claim, source="analysis")
    await job_queue.retry_due(1e12)
    await confirmations.number()
    await confirmations.pending(10)
    await count_absence(database, b"/music")
    await forget(database, 1e9)
    await prunable(database)
    record = await library.by_path(SOUND)
    assert record is not None
    assert record.state == "done"
