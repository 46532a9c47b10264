"""The job queue: leases, order, retries and cancellation."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.models import FileEvent, Isolation
from auralis_fp.states import Counts
from auralis_fp.store.clock import SKEW_SEC
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from stored import CORRUPT, LATER, SONG, STAMP, analysed, known, library_in, queued, seen, stored


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def job_queue(library: Library) -> JobQueue:
    """Return the backlog of that library."""
    return JobQueue(library.database)


async def look_at_sidecars(job_queue: JobQueue) -> None:
    """Mark every job as one whose sidecar does not help."""
    while jobs := await job_queue.without_sidecar_check(100):
        await job_queue.mark_checked([job.file_id for job in jobs])


async def test_the_newest_file_is_first(library: Library, job_queue: JobQueue) -> None:
    """Recently added files are analysed before older ones."""
    for path in (b"/m/1.mp3", b"/m/2.mp3", b"/m/3.mp3"):
        await library.observe([seen(path)])
    await look_at_sidecars(job_queue)
    claimed = [await job_queue.claim() for _ in range(4)]
    assert [job and job.path for job in claimed] == [b"/m/3.mp3", b"/m/2.mp3", b"/m/1.mp3", None]


async def test_held_files_are_skipped(library: Library, job_queue: JobQueue) -> None:
    """They keep their place, and a request for one of them leases it."""
    await library.observe([seen(b"/m/%d.mp3" % number) for number in range(3)])
    await look_at_sidecars(job_queue)
    held = [b"/m/2.mp3", b"/m/0.mp3"]
    claimed = [await job_queue.claim(held=held) for _ in range(2)]
    assert [job and job.path for job in claimed] == [b"/m/1.mp3", None]
    assert await job_queue.claim_file(b"/m/0.mp3") is not None
    job = await job_queue.claim()
    assert job is not None
    assert job.path == b"/m/2.mp3"


async def test_a_file_replaced_while_it_waits_is_queued_again(library: Library, job_queue: JobQueue) -> None:
    """Its sidecar is checked anew, and the caller learns of it."""
    assert await library.observe([seen()]) == 1
    await look_at_sidecars(job_queue)
    assert await library.observe([seen()]) == 0
    assert await library.observe([seen(stamp=LATER)]) == 1
    assert [job.stamp for job in await job_queue.without_sidecar_check(10)] == [LATER]
    assert await job_queue.claim() is None


async def test_sidecars_are_looked_at_first(library: Library, job_queue: JobQueue) -> None:
    """A job is leased only after its sidecar was checked."""
    await library.observe([seen()])
    assert await job_queue.claim() is None
    (job,) = await job_queue.without_sidecar_check(10)
    await job_queue.mark_checked([job.file_id])
    assert await job_queue.without_sidecar_check(10) == []
    assert (await job_queue.claim()) is not None


async def test_no_job_is_leased_twice(library: Library, job_queue: JobQueue) -> None:
    """Concurrent claims get different jobs."""
    await library.observe([seen(b"/m/%d.mp3" % number) for number in range(20)])
    await look_at_sidecars(job_queue)
    claimed = await asyncio.gather(*(job_queue.claim() for _ in range(30)))
    jobs = [job for job in claimed if job is not None]
    assert len({job.path for job in jobs}) == len(jobs) == 20
    assert len({job.claim for job in jobs}) == 20


async def test_one_file_can_be_asked_for(library: Library, job_queue: JobQueue) -> None:
    """Its sidecar need not have been checked, but it must not be leased."""
    await library.observe([seen()])
    job = await job_queue.claim_file(SONG)
    assert job is not None
    assert (job.path, job.stamp, job.attempts) == (SONG, STAMP, 0)
    assert await job_queue.claim_file(SONG) is None
    assert await job_queue.claim_file(b"/m/unknown.mp3") is None


async def test_a_released_job_can_be_leased_again(library: Library, job_queue: JobQueue) -> None:
    """Attempts are counted if it was tried."""
    job = await queued(library)
    await job_queue.release(job)
    again = await job_queue.claim_file(SONG)
    assert again is not None
    assert again.attempts == 0
    await job_queue.release(again, Isolation.SERIAL)
    third = await job_queue.claim_file(SONG)
    assert third is not None
    assert third.attempts == 1


async def test_only_the_holder_releases(library: Library, job_queue: JobQueue) -> None:
    """A lost lease changes nothing."""
    job = await queued(library)
    await job_queue.release(job)
    again = await job_queue.claim_file(SONG)
    await job_queue.release(job, Isolation.SERIAL)
    assert (await known(library)).state == "running"
    assert again is not None


async def test_attempts_are_stored_with_the_failure(library: Library, job_queue: JobQueue) -> None:
    """The number of attempts includes the last one."""
    await job_queue.release(await queued(library), Isolation.SERIAL)
    job = await job_queue.claim_file(SONG)
    assert job is not None
    await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    failure = (await known(library)).failure
    assert failure is not None
    assert failure.attempts == 2


async def test_a_restart_takes_up_what_was_in_flight(tmp_path: Path) -> None:
    """Jobs leased by a killed process are leased again."""
    async with library_in(tmp_path) as library:
        await queued(library)
        await queued(library, b"/music/other.mp3")
        await stored(library, b"/music/done.mp3")
    async with library_in(tmp_path) as library:
        job_queue = JobQueue(library.database)
        assert await library.counts() == Counts(done=1, running=2)
        await job_queue.release_claims()
        assert await library.counts() == Counts(done=1, pending=2)
        assert len(await job_queue.without_sidecar_check(10)) == 2
        assert await job_queue.claim_file(SONG) is not None


async def test_failed_files_are_tried_again_when_asked(library: Library, job_queue: JobQueue) -> None:
    """All failed files or some; finished files are not affected."""
    await stored(library, b"/m/done.mp3")
    ids = []
    for path in (b"/m/1.mp3", b"/m/2.mp3", b"/m/3.mp3"):
        job = await queued(library, path)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
        ids.append(job.file_id)
    done = await known(library, b"/m/done.mp3")
    assert await job_queue.retry([ids[0], done.id, 999]) == 1
    assert await library.counts() == Counts(done=1, pending=1, failed=2)
    assert await job_queue.retry(None) == 2
    assert await library.counts() == Counts(done=1, pending=3)
    assert await job_queue.retry(None) == 0


async def test_a_skipped_file_waits_until_it_changes(library: Library, job_queue: JobQueue) -> None:
    """It keeps its reason and is not retried until it is requested or changes."""
    for path in (b"/m/1.mp3", b"/m/2.mp3"):
        job = await queued(library, path)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis", retry_at=5.0)
    first = await known(library, b"/m/1.mp3")
    assert await job_queue.skip([first.id, 999]) == 1
    failure = (await known(library, b"/m/1.mp3")).failure
    assert failure is not None
    assert (failure.code, failure.reason, failure.retry_at) == ("skipped", CORRUPT.reason, None)
    assert await job_queue.skip(None) == 1
    assert await job_queue.retry_due(6.0) is None
    assert await library.counts() == Counts(failed=2)
    assert await job_queue.retry([first.id]) == 1
    await library.observe([seen(b"/m/2.mp3", LATER)])
    assert await library.counts() == Counts(pending=2)


async def test_only_failures_are_forgotten_by_a_retry(library: Library, job_queue: JobQueue) -> None:
    """A missing file keeps its failure and is not queued."""
    job = await queued(library)
    await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    await library.observe([FileEvent(SONG, None)])
    assert await job_queue.retry(None) == 0
    assert await library.counts() == Counts()
    await library.observe([seen()])
    assert await library.counts() == Counts(failed=1)


async def test_very_many_can_be_retried_at_once(library: Library, job_queue: JobQueue) -> None:
    """More than the number of parameters of a statement."""
    paths = [b"/m/%d.mp3" % number for number in range(3)]
    for path in paths:
        job = await queued(library, path)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    assert await job_queue.retry(range(1, 100_000)) == 3


async def test_waiters_wake_after_a_notification(job_queue: JobQueue) -> None:
    """A notification since the given generation returns at once."""
    generation = job_queue.generation
    waiting = [asyncio.create_task(job_queue.wait(generation)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    job_queue.notify()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)
    await asyncio.wait_for(job_queue.wait(generation), 1)


async def test_a_changed_file_is_worked_on_as_it_is_now(library: Library, job_queue: JobQueue) -> None:
    """The job has the stamp of the present file."""
    await stored(library)
    await library.observe([seen(stamp=LATER)])
    job = await job_queue.claim_file(SONG)
    assert job is not None
    assert job.stamp == LATER
    assert await library.record(job.file_id, analysed(), LATER, claim=job.claim, source="analysis")
    assert await library.counts() == Counts(done=1)


async def test_order_by_isolation_and_priority(library: Library, job_queue: JobQueue) -> None:
    """Jobs that need isolation run last, prioritised ones first."""
    for number in range(4):
        await library.observe([seen(b"/m/%d.mp3" % number)])
    await look_at_sidecars(job_queue)
    for path, isolation in ((b"/m/3.mp3", Isolation.SERIAL), (b"/m/2.mp3", Isolation.EXTENDED)):
        job = await job_queue.claim_file(path)
        assert job is not None
        await job_queue.release(job, isolation)
    wanted = await known(library, b"/m/0.mp3")
    assert await job_queue.prioritise([wanted.id, 999]) == 1
    assert await job_queue.next_isolation() == Isolation.NORMAL
    order = [await job_queue.claim() for _ in range(3)]
    assert [job and job.path for job in order] == [b"/m/0.mp3", b"/m/1.mp3", b"/m/2.mp3"]
    assert await job_queue.next_isolation() == Isolation.SERIAL
    assert await job_queue.claim(up_to=Isolation.EXTENDED) is None


async def test_files_of_blocked_folders_are_not_leased(library: Library, job_queue: JobQueue) -> None:
    """They stay queued with their isolation."""
    await library.observe([seen(b"/m/1.mp3"), seen(b"/n/2.mp3")])
    await look_at_sidecars(job_queue)
    job = await job_queue.claim([b"/m"])
    assert job is not None
    assert job.path == b"/n/2.mp3"
    assert await job_queue.claim([b"/m"]) is None
    assert await job_queue.next_isolation([b"/m"]) is None
    assert await library.counts() == Counts(pending=1, running=1)


async def test_cancelled_files_count_as_failed_until_they_change(library: Library, job_queue: JobQueue) -> None:
    """Some or all queued files; leased ones are not affected."""
    await library.observe([seen(b"/m/%d.mp3" % number) for number in range(5)])
    running = await job_queue.claim_file(b"/m/0.mp3")
    one = await known(library, b"/m/1.mp3")
    assert await job_queue.cancel([one.id, 999]) == 1
    assert await library.counts() == Counts(failed=1, pending=3, running=1)
    assert await job_queue.cancel(None) == 3
    assert await library.counts() == Counts(failed=4, running=1)
    failure = (await known(library, b"/m/1.mp3")).failure
    assert failure is not None
    assert (failure.stage, failure.code, failure.retry_at) == ("queue", "cancelled", None)
    await library.observe([seen(b"/m/1.mp3", LATER)])
    assert await library.counts() == Counts(failed=3, running=1, pending=1)
    assert running is not None


async def test_what_could_not_be_read_is_due_again(library: Library, job_queue: JobQueue) -> None:
    """When it is due, with its attempts, or at once for a folder that is online again."""
    for number, due in enumerate((50.0, 100.0, None)):
        job = await queued(library, b"/m/%d.mp3" % number)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis", retry_at=due)
    assert await job_queue.retry_due(10.0) == 50.0
    assert await library.counts() == Counts(failed=3)
    assert await job_queue.retry_due(50.0) == 100.0
    assert await library.counts() == Counts(failed=2, pending=1)
    again = await job_queue.claim_file(b"/m/0.mp3")
    assert again is not None
    assert again.attempts == 1
    assert await job_queue.retry_due(60.0, b"/elsewhere") == 100.0
    assert await job_queue.retry_due(60.0, b"/m") is None
    assert await library.counts() == Counts(failed=1, pending=1, running=1)


@pytest.mark.parametrize("ahead", [5 * 365 * 86_400.0, 21_601.0 + SKEW_SEC, 1e12])
async def test_a_retry_set_by_a_wrong_clock_is_due(library: Library, job_queue: JobQueue, ahead: float) -> None:
    """A retry farther ahead than the longest pause comes from a clock that was wrong; an ordinary one waits."""
    now, longest = 1_800_000_000.0, 21_600.0
    for number, due in enumerate((now + ahead, now + longest)):
        job = await queued(library, b"/m/%d.mp3" % number)
        await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis", retry_at=due)
    assert await job_queue.retry_due(now, longest_sec=longest) == now + longest
    assert await library.counts() == Counts(failed=1, pending=1)


async def test_forced_runs_and_retries_wake_waiters(job_queue: JobQueue) -> None:
    """Whoever waits for a job looks again after files were queued on request."""
    generations = [job_queue.generation]
    await job_queue.reanalyse([1])
    generations.append(job_queue.generation)
    await job_queue.retry(None)
    generations.append(job_queue.generation)
    assert generations[0] < generations[1] < generations[2]
