"""Files, their states and their results."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from auralis_fp import schema
from auralis_fp.errors import StorageError
from auralis_fp.models import FileEvent, FileStamp
from auralis_fp.states import Counts
from auralis_fp.store.files import Library, kind_of
from auralis_fp.store.filters import FileQuery
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.queries import Queries
from stored import CORRUPT, LATER, SONG, STAMP, analysed, known, library_in, queued, seen, stored


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def test_a_new_file_is_queued_once(library: Library) -> None:
    """Unchanged files are not queued again, pending or done."""
    assert await library.observe([seen()]) == 1
    assert await library.observe([seen()]) == 0
    assert (await known(library)).state == "pending"


async def test_a_result_comes_back_as_it_was_stored(library: Library) -> None:
    """Values, metadata, stamp and time survive the database to the bit."""
    record = await stored(library, lufs=-14.123456789012345, tempo_bpm=1 / 3 + 100)
    assert record.state == "done"
    assert record.fingerprint is not None
    assert tuple(record.fingerprint.values) == schema.NAMES
    assert record.outcome() == analysed(lufs=-14.123456789012345, tempo_bpm=1 / 3 + 100)
    assert record.fingerprint.stamp == STAMP
    assert record.fingerprint.algorithm_version == schema.ALGORITHM_VERSION
    assert record.fingerprint.source == "analysis"


async def test_an_unchanged_file_is_never_queued_again(library: Library) -> None:
    """Neither done nor failed files are."""
    await stored(library)
    job = await queued(library, b"/music/bad.wav")
    await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    assert await library.observe([seen(), seen(b"/music/bad.wav")]) == 0
    assert await library.counts() == Counts(done=1, failed=1)


async def test_a_failure_is_a_result_like_any_other(library: Library) -> None:
    """Stage, code, reason and the number of attempts are stored."""
    job = await queued(library)
    assert await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    record = await known(library)
    assert record.state == "failed"
    assert record.outcome() == CORRUPT
    assert record.failure is not None
    assert record.failure.attempts == 1


async def test_a_changed_file_is_outdated_and_queued(library: Library) -> None:
    """Its old result remains visible until the new one is stored."""
    await stored(library, lufs=-9.0)
    assert await library.observe([seen(stamp=LATER)]) == 1
    record = await known(library)
    assert record.state == "outdated"
    assert record.fingerprint is not None
    assert record.fingerprint.values["lufs"] == -9.0
    assert await library.counts() == Counts(outdated=1)


async def test_a_changed_file_gets_another_chance(library: Library) -> None:
    """The failure of its earlier content is deleted."""
    job = await queued(library)
    await library.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    assert await library.observe([seen(stamp=LATER)]) == 1
    record = await known(library)
    assert (record.state, record.failure) == ("pending", None)


async def test_a_new_algorithm_queues_everything(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of another version count as outdated as soon as their file is seen."""
    await stored(library)
    monkeypatch.setattr(schema, "ALGORITHM_VERSION", schema.ALGORITHM_VERSION + 1)
    assert await library.observe([seen()]) == 1
    assert (await known(library)).state == "outdated"


async def test_a_result_for_another_content_is_not_stored(library: Library) -> None:
    """If the file changes during the analysis, its job is released."""
    job = await queued(library)
    await library.observe([seen(stamp=LATER)])
    assert not await library.record(job.file_id, analysed(), STAMP, claim=job.claim, source="analysis")
    assert (await known(library)).state == "pending"


async def test_a_claim_that_was_lost_stores_nothing(library: Library) -> None:
    """Only the holder of the lease ends a job."""
    job = await queued(library)
    assert not await library.record(job.file_id, analysed(), STAMP, claim="another", source="analysis")
    assert (await known(library)).state == "running"


async def test_an_invalid_fingerprint_becomes_a_failure(library: Library) -> None:
    """Values out of range are not stored as a result."""
    job = await queued(library)
    await library.record(job.file_id, analysed(lufs=float("nan")), STAMP, claim=job.claim, source="analysis")
    record = await known(library)
    assert record.state == "failed"
    assert record.failure is not None
    assert record.failure.code == "invalid_fingerprint"
    assert "lufs" in record.failure.reason


async def test_a_gone_file_leaves_the_count_and_keeps_its_result(library: Library) -> None:
    """If it returns unchanged, it needs no analysis."""
    await stored(library)
    await library.observe([FileEvent(SONG, None)])
    assert (await known(library)).state == "missing"
    assert await library.counts() == Counts()
    assert await library.observe([seen()]) == 0
    assert (await known(library)).state == "done"


async def test_a_gone_folder_takes_what_is_below_it(library: Library) -> None:
    """Files whose path merely starts with the same text are not affected."""
    below = [b"/music/a/1.mp3", b"/music/a/b/2.mp3", b"/music/a/\xff.mp3"]
    beside = [b"/music/ab.mp3", b"/music/a.mp3", b"/music/a b/3.mp3", b"/music/a0/3.mp3"]
    await library.observe([seen(path) for path in below + beside])
    await library.observe([FileEvent(b"/music/a", None)])
    page = await Queries(library.database).files(FileQuery(state="missing"))
    assert sorted(item.path for item in page.items) == sorted(below)
    assert (await library.counts()).total == len(beside)


async def test_a_walk_tells_what_it_did_not_see(library: Library) -> None:
    """Only below the folder that was walked, and only files not yet missing."""
    await library.observe([seen(path) for path in (b"/a/1.mp3", b"/a/2.mp3", b"/a/3.mp3", b"/b/1.mp3")])
    await library.observe([FileEvent(b"/a/3.mp3", None)])
    await library.begin_walk()
    await library.observe([seen(b"/a/1.mp3")], walk=True)
    assert await library.unseen(b"/a") == [b"/a/2.mp3"]
    await library.begin_walk()
    assert await library.unseen(b"/a") == [b"/a/1.mp3", b"/a/2.mp3"]


async def test_the_root_folder_holds_everything(library: Library) -> None:
    """The root of the file system can be a library."""
    await library.observe([seen(b"/a/1.mp3")])
    await library.begin_walk()
    assert await library.unseen(b"/") == [b"/a/1.mp3"]


async def test_only_what_lies_in_the_libraries_counts(library: Library) -> None:
    """Files of removed folders become missing and return with their results."""
    await stored(library, b"/old/1.mp3")
    await stored(library, b"/kept/1.mp3")
    await library.confine([b"/kept", b"/other"])
    assert await library.counts() == Counts(done=1)
    await library.confine([b"/old", b"/kept"])
    assert await library.observe([seen(b"/old/1.mp3")]) == 0
    assert await library.counts() == Counts(done=2)


async def test_counts_always_add_up(library: Library) -> None:
    """Every present file has exactly one state, and the listings by state agree."""
    await stored(library, b"/m/done.mp3")
    await stored(library, b"/m/outdated.mp3")
    await stored(library, b"/m/again.mp3")
    bad = await queued(library, b"/m/bad.mp3")
    await library.record(bad.file_id, CORRUPT, STAMP, claim=bad.claim, source="analysis")
    await queued(library, b"/m/running.mp3")
    await library.observe([seen(b"/m/pending.mp3"), seen(b"/m/gone.mp3")])
    await library.observe([seen(b"/m/outdated.mp3", LATER), seen(b"/m/again.mp3", LATER)])
    await JobQueue(library.database).claim_file(b"/m/again.mp3")
    await library.observe([FileEvent(b"/m/gone.mp3", None)])
    counts, listings = await library.counts(), Queries(library.database)
    assert counts == Counts(done=1, outdated=1, pending=1, running=2, failed=1)
    for state in ("done", "outdated", "pending", "running", "failed"):
        assert len((await listings.files(FileQuery(state=state))).items) == getattr(counts, state), state
    assert len((await listings.files(FileQuery())).items) == counts.total == 6


async def test_the_host_may_call_a_file_by_several_ids(library: Library) -> None:
    """Each id finds its file; a reassigned id finds the new one."""
    first, second = await stored(library), await stored(library, b"/music/other.mp3")
    for track_id, record in ((7, first), (9, first), (7, second)):
        await library.link_track(track_id, record.id)
    assert await library.by_track(9) == replace(first, track_ids=(9,))
    assert await library.by_track(7) == replace(second, track_ids=(7,))
    assert await library.by_track(8) is None


async def test_a_track_needs_a_file(library: Library) -> None:
    """An id needs an existing file."""
    with pytest.raises(StorageError):
        await library.link_track(7, 999)


async def test_values_are_remembered(library: Library) -> None:
    """The last value wins."""
    assert await library.recall("paused") is None
    await library.remember("paused", "yes")
    await library.remember("paused", "no")
    assert await library.recall("paused") == "no"


async def test_many_results_at_once_are_all_stored(library: Library) -> None:
    """Concurrent callers share transactions and lose nothing."""
    paths = [b"/m/%d.mp3" % number for number in range(300)]
    await library.observe([seen(path) for path in paths])
    job_queue = JobQueue(library.database)
    jobs = [job for path in paths if (job := await job_queue.claim_file(path)) is not None]
    kept = await asyncio.gather(
        *(library.record(job.file_id, analysed(), STAMP, claim=job.claim, source="analysis") for job in jobs)
    )
    assert all(kept)
    assert await library.counts() == Counts(done=300)


async def test_known_files_cost_a_walk_no_write(library: Library) -> None:
    """A restart with an unchanged library writes nothing to the database."""
    paths = [b"/m/%d.mp3" % number for number in range(50)]
    for path in paths:
        await stored(library, path)
    (before,) = await library.database.read("PRAGMA data_version")
    await library.begin_walk()
    await library.observe([seen(path) for path in paths], walk=True)
    (after,) = await library.database.read("PRAGMA data_version")
    assert before[0] == after[0]


async def test_what_is_left_is_weighed_by_kind(library: Library) -> None:
    """Queued bytes by suffix in either case; finished files do not count."""
    for path, size in ((b"/m/a.FLAC", 30), (b"/m/b.flac", 12), (b"/m/c\xe9.au", 5), (b"/m/done.mp3", 7)):
        await library.observe([seen(path, FileStamp(size, 1))])
    done = await known(library, b"/m/done.mp3")
    await library.record(done.id, analysed(), done.stamp, claim=None, source="analysis")
    assert await library.sizes_left() == {"flac": 42, "\xe9.au": 5}
    assert {kind_of(b"/m/a.FLAC"), kind_of(b"/m/c\xe9.au")} == {"flac", "\xe9.au"}
