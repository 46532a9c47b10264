"""The state of each file and the numbers by state, which triggers keep."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.models import FileEvent, Rejected
from auralis_fp.store.files import Library
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.forgetting import forget
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.queries import Queries
from past import LAYOUTS, restore
from stored import LATER, STAMP, analysed, library_in

PATHS = [b"/m/%d.mp3" % number for number in range(8)]
CODES = ("corrupt", "no_audio", "cancelled")


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Return an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def check(library: Library) -> None:
    """Compare what is kept with what the tables say."""
    derived = await library.database.read(
        "SELECT state, code, count(*) AS number FROM derived_states GROUP BY state, code ORDER BY state, code"
    )
    kept = await library.database.read("SELECT * FROM state_counts WHERE number != 0 ORDER BY state, code")
    assert [tuple(row) for row in kept] == [tuple(row) for row in derived]
    differing = await library.database.read("SELECT * FROM derived_states EXCEPT SELECT * FROM file_states")
    assert differing == []
    due = await library.database.read("SELECT count(*), (SELECT number FROM parts_due_count) FROM parts_due")
    assert due[0][0] == due[0][1]


async def change(library: Library, rng: random.Random) -> None:
    """Do one of the things that change the states of files."""
    queue, path = JobQueue(library.database), rng.choice(PATHS)
    record = await library.by_path(path)
    chosen = [rng.randrange(1, len(PATHS) + 1) for _ in range(3)]
    match rng.randrange(10):
        case 0 | 1:
            await library.observe([FileEvent(path, rng.choice((STAMP, LATER)))])
        case 2:
            await library.observe([FileEvent(path, None)])
        case 3 | 4 if (job := await queue.claim_file(path)) is not None:
            if rng.random() < 0.3:
                await queue.release(job)
            else:
                outcome = rng.choice((analysed(), Rejected("decode", rng.choice(CODES), "It is broken.")))
                await library.record(job.file_id, outcome, job.stamp, claim=job.claim, source="analysis")
        case 5 if record is not None:
            await library.record(record.id, analysed(), record.stamp, claim=None, source="sidecar")
        case 6:
            await queue.retry(rng.choice((None, chosen)))
        case 7:
            await queue.reanalyse(chosen)
        case 8:
            await rng.choice((queue.cancel, queue.skip))(chosen)
        case 9:
            await forget(library.database, rng.choice((0.0, 1e9)))


@pytest.mark.parametrize("seed", range(6))
async def test_counts_are_kept_through_any_changes(library: Library, seed: int) -> None:
    """After each of many changes in random order, the kept states and numbers are those of the tables."""
    rng = random.Random(seed)  # noqa: S311 - changes need no secrecy
    for _ in range(60):
        await change(library, rng)
        await check(library)
    for state in ("pending", "running", "outdated", "failed", "done", "missing"):
        wanted = FileQuery(state=state)
        page = await Queries(library.database).files(wanted)
        assert {item.state for item in page.items} <= {state}
        assert await Queries(library.database).number(wanted) == len(page.items)
        assert page.total in {None, len(page.items)}


@pytest.mark.parametrize("version", LAYOUTS)
async def test_counts_of_earlier_databases(tmp_path: Path, version: int) -> None:
    """An upgrade counts what is there, and keeps the history of analyses."""
    restore(tmp_path / "fingerprints.sqlite3", version)
    async with library_in(tmp_path) as library:
        await check(library)
        minutes = await Queries(library.database).minutes(0.0)
        assert sum(minute.tracks + minute.failed for minute in minutes) > 0


async def test_files_in_a_state_are_listed_by_any_order(library: Library) -> None:
    """Filters by state, code and search combine, and each page knows the number of matches."""
    for number, path in enumerate(PATHS):
        await library.observe([FileEvent(path, STAMP)])
        job = await JobQueue(library.database).claim_file(path)
        assert job is not None
        outcome = Rejected("decode", CODES[number % 2], "It is broken.")
        await library.record(job.file_id, outcome, STAMP, claim=job.claim, source="analysis")
    queries, wanted = Queries(library.database), FileQuery(state="failed", code="corrupt", limit=2)
    for query in (
        wanted,
        replace(wanted, sort="failed_at"),
        replace(wanted, query="mp3"),
        replace(wanted, folder=b"/m"),
    ):
        page = await queries.files(query)
        assert {item.path for item in page.items} <= {*PATHS[::2]}
        assert len(page.items) == 2
        assert (page.total, await queries.number(query)) == (4, 4)
    assert replace(wanted, offset=1, limit=1, descending=True).is_kept
    assert await queries.failure_codes() == {"corrupt": 4, "no_audio": 4}
