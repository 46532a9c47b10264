"""Results of the same audio are used again; outdated and chosen results are made afresh."""

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auralis_fp import schema
from auralis_fp.models import Job, Part
from auralis_fp.store.deduplication import is_known, queue_forced, queue_outdated, reuse
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from stored import LATER, STAMP, analysed, known, library_in, queued, seen

COPY = b"/music/copy.flac"
CONTENT, DIGEST = bytes(range(16)), bytes(range(20))
PARTS = (Part("bits", 1, b"of this audio"),)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield a library with one result."""
    async with library_in(tmp_path) as opened:
        job = await queued(opened)
        result = replace(analysed(lufs=-12.5), content=CONTENT, payload_digest=DIGEST, parts=PARTS)
        assert await opened.record(job.file_id, result, STAMP, claim=job.claim, source="analysis")
        yield opened


async def test_a_copy_gets_the_result(library: Library) -> None:
    """The copy has the values and parts, and its job has ended; another digest of the same content id gives nothing."""
    other = await queued(library, b"/music/other.flac")
    result = replace(
        analysed(), content=CONTENT, payload_digest=DIGEST[1:] + b"x", parts=(Part("bits", 1, b"of another"),)
    )
    assert await library.record(other.file_id, result, STAMP, claim=other.claim, source="analysis")
    assert await is_known(library.database, CONTENT)
    assert not await is_known(library.database, CONTENT[::-1])
    job = await queued(library, COPY)
    assert await reuse(library.database, job, DIGEST[::-1]) is None
    reused = await reuse(library.database, job, DIGEST)
    assert reused is not None
    assert reused.fingerprint.values["lufs"] == -12.5
    assert reused.parts == PARTS
    record = await known(library, COPY)
    assert (record.state, record.fingerprint) == ("done", reused.fingerprint)
    assert await JobQueue(library.database).claim_file(COPY) is None


@pytest.mark.parametrize("stale", [{"claim": "of somebody else"}, {"stamp": LATER}, {"file_id": 99}])
async def test_a_stale_claim_changes_nothing(library: Library, stale: dict[str, Any]) -> None:
    """A job that is not held any more, or was for another version of the file, gets no result."""
    job = await queued(library, COPY)
    assert await reuse(library.database, replace(job, **stale), DIGEST) is None
    assert (await known(library, COPY)).state == "running"


async def test_outdated_results_are_queued_once(library: Library) -> None:
    """Results of another algorithm version are queued at the first start of this version, and no more after it."""
    file_id = (await known(library)).id

    def age(db: sqlite3.Connection) -> None:
        db.execute("UPDATE fingerprints SET algorithm_version = ?", (schema.ALGORITHM_VERSION - 1,))

    async def jobs() -> list[int]:
        return [row["file_id"] for row in await library.database.read("SELECT file_id FROM jobs")]

    await library.database.write(lambda db: db.execute("DELETE FROM memory WHERE key = 'algorithm version'"))
    await queue_outdated(library.database)
    assert await jobs() == []
    await library.database.write(lambda db: db.execute("DELETE FROM memory WHERE key = 'algorithm version'"))
    await library.database.write(age)
    await queue_outdated(library.database)
    assert await jobs() == [file_id]
    await library.database.write(lambda db: db.execute("DELETE FROM jobs"))
    await queue_outdated(library.database)
    assert await jobs() == []


async def test_chosen_files_are_analysed_first_and_afresh(library: Library) -> None:
    """A forced job comes before others, is served meanwhile, and is counted once however often it is asked for."""
    record = await known(library)
    queue = JobQueue(library.database)
    for _ in range(2):
        assert await queue_forced(library.database, [record.id, 99]) == 1
    assert (await known(library)).fingerprint == record.fingerprint
    job = await queue.claim()
    assert isinstance(job, Job)
    assert (job.file_id, job.force) == (record.id, True)
    assert await queue_forced(library.database, [record.id]) == 1  # running
    await library.observe([seen(COPY)])
    assert await queue_forced(library.database, [(await known(library, COPY)).id]) == 0  # nothing to make afresh
