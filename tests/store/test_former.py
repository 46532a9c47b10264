"""Results of audio that a file held before: found again by the digest, until they are dropped."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.files.content_id import DIGEST_BYTES, PAYLOAD_DIGEST_BYTES
from auralis_fp.models import Job, Part
from auralis_fp.store.deduplication import is_known, reuse
from auralis_fp.store.files import Library
from auralis_fp.store.forgetting import forget, prunable, prune
from stored import LATER, STAMP, analysed, library_in, queued

FIRST, SECOND, THIRD = (bytes([number]) * PAYLOAD_DIGEST_BYTES for number in range(3))
CONTENT = b"c" * DIGEST_BYTES
OTHER = b"/music/other.flac"


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield a library with a file whose audio was replaced."""
    async with library_in(tmp_path) as opened:
        await record(opened, await queued(opened), FIRST, -12.5)
        await record(opened, await queued(opened, stamp=LATER), SECOND, -7.0)
        yield opened


async def record(library: Library, job: Job, digest: bytes, lufs: float) -> None:
    """Store the result of a job."""
    result = replace(analysed(lufs=lufs), payload_digest=digest, content=CONTENT, parts=(Part("bits", 1, digest),))
    assert await library.record(job.file_id, result, job.stamp, claim=job.claim, source="analysis")


async def spoil(library: Library, sql: str) -> None:
    """Run a statement."""

    def operation(db: sqlite3.Connection) -> None:
        db.execute(sql)

    await library.database.write(operation)


async def test_audio_that_comes_back_needs_no_analysis(library: Library) -> None:
    """Under another name, with the time of its analysis and its parts; once there, it is a result like any other."""
    assert await is_known(library.database, CONTENT)
    found = await reuse(library.database, await queued(library, OTHER), FIRST)
    assert found is not None
    assert (found.fingerprint.values["lufs"], found.fingerprint.stamp, found.fingerprint.payload_digest) == (
        -12.5,
        STAMP,
        FIRST,
    )
    rows = await library.database.read("SELECT data FROM parts ORDER BY file_id")
    assert [row["data"] for row in rows] == [SECOND, FIRST]
    assert (await prunable(library.database)).former == 0


async def test_two_files_exchange_their_names(library: Library) -> None:
    """The result of each is found, whichever is looked at first."""
    await record(library, await queued(library, OTHER), FIRST, -12.5)
    swapped = await reuse(library.database, await queued(library), FIRST)
    back = await reuse(library.database, await queued(library, OTHER, LATER), SECOND)
    assert swapped is not None
    assert back is not None
    assert (swapped.fingerprint.values["lufs"], back.fingerprint.values["lufs"]) == (-12.5, -7.0)


async def test_a_damaged_result_is_not_kept(library: Library) -> None:
    """Nor is a damaged record restored, or a damaged row copied to another file."""
    await spoil(library, "UPDATE fingerprints SET metadata = '{oops'")
    job = await queued(library, OTHER)
    assert await reuse(library.database, job, SECOND) is None
    await spoil(library, "UPDATE former_results SET record = '{oops'")
    assert await reuse(library.database, job, FIRST) is None
    await record(library, await queued(library), THIRD, -3.0)
    assert (await prunable(library.database)).former == 0


async def test_former_results_are_dropped_in_time(library: Library) -> None:
    """After the time for which missing files are kept, or by a prune."""
    await forget(library.database, 60.0)
    assert (await prunable(library.database)).former == 1
    await asyncio.sleep(0.01)
    await forget(library.database, 0.0)
    assert (await prunable(library.database)).former == 0
    await record(library, await queued(library), FIRST, -12.5)
    assert (await prunable(library.database)).former == 1
    assert await prune(library.database) == 0
    assert (await prunable(library.database)).former == 0


async def test_the_same_audio_elsewhere_makes_keeping_unnecessary(library: Library) -> None:
    """The copy has the result already."""
    await prune(library.database)
    await record(library, await queued(library, OTHER), SECOND, -7.0)
    await record(library, await queued(library), FIRST, -12.5)
    assert (await prunable(library.database)).former == 0
