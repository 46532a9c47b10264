"""Which results have been compared with their files, and what becomes of those that have not."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from auralis_fp.models import FileStamp
from auralis_fp.store.confirmation import Confirmations
from auralis_fp.store.deduplication import queue_forced
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from stored import SONG, STAMP, analysed, known, library_in, queued

DIGEST = bytes(range(20))
TRACED = replace(STAMP, ctime_ns=5, inode=7)


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def result_of(library: Library, path: bytes, digest: bytes | None = DIGEST, stamp: FileStamp = STAMP) -> int:
    """Have a file seen and analysed, and return its id."""
    job = await queued(library, path, stamp)
    result = replace(analysed(), payload_digest=digest)
    assert await library.record(job.file_id, result, stamp, claim=job.claim, source="analysis")
    return job.file_id


async def doubted(library: Library) -> Confirmations:
    """Doubt all results of file systems without ctime."""
    confirmations = Confirmations(library.database)
    await confirmations.doubt_untraceable(time.time() + 1)
    return confirmations


async def pending(confirmations: Confirmations, blocked: tuple[bytes, ...] = ()) -> list[bytes]:
    """Return the paths of the pending files, after the count has been compared with theirs."""
    found = [candidate.path for candidate in await confirmations.pending(10, blocked)]
    assert blocked or len(found) == await confirmations.number_pending()
    return found


async def test_only_doubted_results_are_pending(library: Library) -> None:
    """Traceable files are not doubted; a result without a digest is only compared by its content id."""
    await result_of(library, b"/music/traced.flac", stamp=TRACED)
    first, second = [await result_of(library, path) for path in (b"/music/a.flac", b"/usb/b.flac")]
    plain = await result_of(library, b"/music/c.flac", digest=None)
    confirmations = await doubted(library)
    assert await pending(confirmations) == [b"/music/a.flac", b"/usb/b.flac", b"/music/c.flac"]
    assert await pending(confirmations, (b"/music",)) == [b"/usb/b.flac"]
    for file_id in (first, plain):
        await confirmations.sampled(file_id)
    assert await pending(confirmations) == [b"/usb/b.flac", b"/music/a.flac"]
    assert await confirmations.number() == 3
    await confirmations.confirm(second, STAMP)
    assert await pending(confirmations) == [b"/music/a.flac"]
    assert await confirmations.number() == 2


async def test_a_refuted_result_is_gone_and_its_file_queued(library: Library) -> None:
    """The result is not served any more, and the job does not believe the sidecar."""
    file_id = await result_of(library, SONG)
    confirmations = await doubted(library)
    await confirmations.refute(file_id)
    record = await known(library)
    assert (record.state, record.fingerprint) == ("pending", None)
    assert await confirmations.number() == 0
    job = await JobQueue(library.database).claim()  # leases jobs whose sidecars have been checked
    assert job is not None
    assert job.file_id == file_id


async def test_what_cannot_be_verified_is_analysed_last(library: Library) -> None:
    """A result without a digest is served until its file is analysed again, after all others; twice is once."""
    file_id = await result_of(library, SONG, digest=None)
    confirmations = await doubted(library)
    for _ in range(2):
        await confirmations.queue_unverifiable(file_id)
    assert (await known(library)).fingerprint is not None
    assert await confirmations.oldest(time.time() + 1, 10) == []  # it has a job
    other = await result_of(library, b"/music/other.flac")
    assert await queue_forced(library.database, [other]) == 1
    queue = JobQueue(library.database)
    jobs = [await queue.claim() for _ in range(3)]
    assert [job and (job.file_id, job.force) for job in jobs] == [(other, True), (file_id, True), None]


async def test_the_oldest_confirmations_come_first(library: Library) -> None:
    """Results that were confirmed before a time are compared again, in the order of their confirmations."""
    paths = (b"/music/b.flac", b"/music/a.flac")
    for path in paths:
        await result_of(library, path)
    confirmations = Confirmations(library.database)
    assert [candidate.path for candidate in await confirmations.oldest(time.time() + 1, 10)] == list(paths)
    assert len(await confirmations.oldest(time.time() + 1, 1)) == 1
    assert await confirmations.oldest(0.0, 10) == []
