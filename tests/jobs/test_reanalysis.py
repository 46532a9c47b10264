"""Analysing once more what is done: the old result holds until the new one is there."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp.models import Counts, FileEvent
from auralis_fp.store.files import Library
from auralis_fp.store.job_queue import JobQueue
from hosting import Host, Plugin, tone_file
from stored import CORRUPT, LATER, SONG, STAMP, analysed, known, library_in, seen, stored

LOW, HIGH = 100.0, 5000.0  # Hz


@pytest.fixture
async def library_store(tmp_path: Path) -> AsyncIterator[Library]:
    """Yield an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def test_asked_for_twice_it_is_one_job_before_all_others(library_store: Library) -> None:
    """It is handed out first, without its sidecar being looked at, also after the program has ended in the middle."""
    job_queue = JobQueue(library_store.database)
    await library_store.observe([seen(b"/music/other.flac")])
    song = await stored(library_store)
    assert [await job_queue.reanalyse([song.id, 999]) for _ in range(2)] == [1, 1]
    assert await library_store.counts() == Counts(pending=1, outdated=1)
    for _ in range(2):
        job = await job_queue.claim()
        assert job is not None
        assert (job.path, job.force) == (SONG, True)
        assert await job_queue.reanalyse([song.id]) == 1
        await job_queue.release_claims(orderly=True)
    assert [job.path for job in await job_queue.without_sidecar_check(10)] == [b"/music/other.flac"]


async def test_only_what_is_done_is_analysed_again(library_store: Library) -> None:
    """What waits for its first analysis, has failed or is gone is left alone."""
    job_queue = JobQueue(library_store.database)
    await library_store.observe([seen(b"/music/new.flac")])
    gone = await stored(library_store, b"/music/gone.flac")
    failed = await stored(library_store, b"/music/failed.flac")
    await library_store.observe([seen(b"/music/failed.flac", LATER)])
    job = await job_queue.claim_file(b"/music/failed.flac")
    assert job is not None
    await library_store.record(job.file_id, CORRUPT, LATER, claim=job.claim, source="analysis")
    await library_store.observe([FileEvent(gone.path, None)])
    before = await library_store.counts()
    waiting = await known(library_store, b"/music/new.flac")
    assert await job_queue.reanalyse([gone.id, failed.id, waiting.id]) == 0
    assert await library_store.counts() == before == Counts(pending=1, failed=1)


async def test_a_result_is_not_given_up_for_a_failure(library_store: Library) -> None:
    """If the analysis fails this time, or is cancelled, the file is as it was."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store, tempo_bpm=133.0)
    await job_queue.reanalyse([song.id])
    job = await job_queue.claim()
    assert job is not None
    assert await library_store.record(job.file_id, CORRUPT, STAMP, claim=job.claim, source="analysis")
    assert await known(library_store) == song
    await job_queue.reanalyse([song.id])
    assert await job_queue.cancel(None) == 1
    assert await known(library_store) == song


async def test_a_file_that_changes_meanwhile_is_an_ordinary_one(library_store: Library) -> None:
    """Its sidecar counts again, and so does a failure."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store)
    await job_queue.reanalyse([song.id])
    await library_store.observe([seen(SONG, LATER)])
    assert [job.force for job in await job_queue.without_sidecar_check(10)] == [False]
    job = await job_queue.claim_file(SONG)
    assert job is not None
    assert await library_store.record(job.file_id, CORRUPT, LATER, claim=job.claim, source="analysis")
    assert (await known(library_store)).state == "failed"


async def test_a_result_that_is_replaced_is_the_newer_one(library_store: Library) -> None:
    """What is stored last holds."""
    job_queue = JobQueue(library_store.database)
    song = await stored(library_store, tempo_bpm=133.0)
    await job_queue.reanalyse([song.id])
    job = await job_queue.claim()
    assert job is not None
    await library_store.record(job.file_id, analysed(tempo_bpm=66.0), STAMP, claim=job.claim, source="analysis")
    after = await known(library_store)
    assert after.state == "done"
    assert after.fingerprint is not None
    assert after.fingerprint.values["tempo_bpm"] == 66.0


@pytest.mark.every_way
async def test_the_old_answer_is_given_until_there_is_a_new_one(host: Host, library: Path) -> None:
    """By its name and by its id; then the new one, though name, size and time of the file are as they were."""
    plugin: Plugin = await host()
    song = tone_file(library / "a.wav", hz=LOW)
    for _ in range(2):  # the second is answered from memory
        before = await plugin.ask(song)
    await plugin.until_idle()
    file_id = before["metadata"]["file_id"]
    await plugin.post("/pause", status=202)
    for _ in range(2):
        assert await plugin.post("/reanalyse", {"ids": [file_id]}, status=202) == {"waiting": 1}
    assert [item["id"] for item in (await plugin.get("/queue"))["items"]] == [file_id]
    stamp = song.stat().st_mtime_ns
    replacement = tone_file(library / "b", hz=HIGH)
    os.utime(replacement, ns=(stamp, stamp))
    replacement.replace(song)
    assert await plugin.ask(song) == before
    assert (await plugin.get("/tracks/1"))["fingerprint"] == before["fingerprint"]
    analyses = await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}')
    await plugin.post("/resume", status=202)
    await plugin.until_idle()
    assert await plugin.metric('auralis_fp_analyses_total{outcome="analysed"}') == analyses + 1
    for answer in (await plugin.ask(song), await plugin.get("/tracks/1")):
        assert before["fingerprint"]["spectral_centroid"] < 2 * LOW
        assert answer["fingerprint"]["spectral_centroid"] > HIGH / 2
