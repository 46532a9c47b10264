"""Listings, the map of all fingerprints, and cost estimates."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from auralis_fp import schema
from auralis_fp.models import FileEvent
from auralis_fp.store import vectors
from auralis_fp.store.files import Library
from auralis_fp.store.filters import SORTS, FileQuery
from auralis_fp.store.job_queue import JobQueue
from auralis_fp.store.queries import Queries
from auralis_fp.store.tags import TagStore
from auralis_fp.store.vectors import NO_TAG, NO_VALUE, STEPS, Chunk, Points
from auralis_fp.tags.model import TagReading, Tags
from stored import CORRUPT, LATER, STAMP, analysed, library_in, queued, seen, stored, with_metadata
from tagged_files import FULL


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """Return an empty library."""
    async with library_in(tmp_path) as opened:
        yield opened


async def paths(library: Library, wanted: FileQuery) -> list[bytes]:
    """Return the paths of all pages of a listing."""
    return [record.path async for record in Queries(library.database).all_files(wanted)]


async def test_pages_follow_each_other_by_path(library: Library) -> None:
    """There are no gaps or repeats in either direction, with any bytes in the names."""
    there = sorted([b"/m/%03d.mp3" % number for number in range(25)] + [b"/m/\xe9.mp3", b"/m/\xf0\x9f\x8e\xb5.mp3"])
    await library.observe([seen(path) for path in there])
    assert await paths(library, FileQuery(limit=10)) == there
    assert await paths(library, FileQuery(limit=9, descending=True)) == there[::-1]


async def test_the_queue_listing_has_the_order_of_leases(library: Library) -> None:
    """The list has the order of leasing and omits leased jobs."""
    await library.observe([seen(b"/m/%d.mp3" % number) for number in range(4)])
    job_queue, listings = JobQueue(library.database), Queries(library.database)
    ids = [record.id for record in await listings.next_up(10)]
    await job_queue.mark_checked(ids)
    await job_queue.prioritise([ids[2]])
    announced = [record.id for record in await listings.next_up(10)]
    assert announced[0] == ids[2]
    assert [record.id for record in await listings.next_up(2)] == announced[:2]
    handed_out = []
    while (job := await job_queue.claim()) is not None:
        handed_out.append(job.file_id)
    assert handed_out == announced
    assert await listings.next_up(10) == []


async def test_order_by_a_dimension_and_by_name(library: Library) -> None:
    """Pagination works with equal values, files without a value are omitted, and names sort without their folders."""
    tempi = {b"/m/b/1.mp3": 90.0, b"/m/a/2.mp3": 90.0, b"/m/c/3.mp3": 90.0, b"/m/A.mp3": 60.0, b"/m/z.mp3": 180.0}
    for path, tempo in tempi.items():
        await stored(library, path, tempo_bpm=tempo)
    await library.observe([seen(b"/m/a/0 pending \xe9.mp3")])
    by_tempo = await paths(library, FileQuery(sort="tempo_bpm", limit=2))
    assert sorted(by_tempo) == sorted(tempi)
    assert [tempi[path] for path in by_tempo] == sorted(tempi.values())
    assert await paths(library, FileQuery(sort="tempo_bpm", limit=2, descending=True)) == by_tempo[::-1]
    by_name = await paths(library, FileQuery(sort="name", limit=2))
    assert [path.rpartition(b"/")[2] for path in by_name] == [
        b"0 pending \xe9.mp3", b"1.mp3", b"2.mp3", b"3.mp3", b"A.mp3", b"z.mp3",
    ]  # fmt: skip


async def test_every_order_can_be_asked_for(library: Library) -> None:
    """Each lists a file that has all values."""
    await stored(library)
    tags = TagStore(library.database)
    await tags.record([(file, TagReading(FULL)) for file in await tags.due(1)])
    for sort in SORTS:
        expected = 0 if sort == "failed_at" else 1
        assert len((await Queries(library.database).files(FileQuery(sort=sort))).items) == expected, sort


async def test_folder_and_code_narrow_down(library: Library) -> None:
    """By folder, not by prefix, and by failure code."""
    await stored(library, b"/m/a/1.mp3")
    bad = await queued(library, b"/m/ab/2.mp3")
    await library.record(bad.file_id, CORRUPT, STAMP, claim=bad.claim, source="analysis")
    assert await paths(library, FileQuery(folder=b"/m/a")) == [b"/m/a/1.mp3"]
    assert await paths(library, FileQuery(folder=b"/m")) == [b"/m/a/1.mp3", b"/m/ab/2.mp3"]
    assert await paths(library, FileQuery(code="corrupt")) == [b"/m/ab/2.mp3"]
    assert await paths(library, FileQuery(code="timeout")) == []
    assert await Queries(library.database).ids(FileQuery(state="failed", code="corrupt", limit=1)) == [bad.file_id]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("MUSIC", {b"/music/100%.mp3", b"/music/a_b.mp3", b"/music/axb.mp3", "/music/\u00e9.mp3".encode()}),
        ("100%", {b"/music/100%.mp3"}),
        ("a_b", {b"/music/a_b.mp3"}),
        ("\u00e9", {"/music/\u00e9.mp3".encode()}),
        ("'; DROP TABLE files; --", set()),
        ("\\", set()),
    ],
)
async def test_a_search_takes_its_text_literally(library: Library, query: str, expected: set[bytes]) -> None:
    """SQL wildcards have no special meaning."""
    there = [b"/music/100%.mp3", b"/music/a_b.mp3", b"/music/axb.mp3", "/music/\u00e9.mp3".encode()]
    await library.observe([seen(path) for path in there])
    assert set(await paths(library, FileQuery(query=query))) == expected


@pytest.mark.parametrize(
    "key", ["\u00e9", "a", "a b", "====", "YQ=\n=", "W10=", "WyJwYXRoIiwgbnVsbCwgMV0=", "W1tbWw=="]
)
async def test_invalid_cursors_are_refused(library: Library, key: str) -> None:
    """Anything but a cursor of this listing is refused."""
    with pytest.raises(ValueError, match="not a cursor"):
        await Queries(library.database).files(FileQuery(after=key))


async def test_a_cursor_of_another_order_is_refused(library: Library) -> None:
    """A cursor of one sort order is invalid in another."""
    await library.observe([seen(b"/m/%d.mp3" % number) for number in range(3)])
    page = await Queries(library.database).files(FileQuery(limit=1))
    with pytest.raises(ValueError, match="not a cursor"):
        await Queries(library.database).files(FileQuery(after=page.next, sort="size"))
    with pytest.raises(ValueError, match="no state 'lost'"):
        await Queries(library.database).files(FileQuery(state="lost"))
    with pytest.raises(ValueError, match="no order"):
        await Queries(library.database).files(FileQuery(sort="1; DROP TABLE files"))


async def points_of(library: Library, *columns: str, since: str | None = None) -> tuple[Points, list[Chunk]]:
    """Return the head and the chunks of the points."""
    points = await Queries(library.database).points(columns or schema.NAMES, since)
    return points, [chunk async for chunk in points.chunks]


async def tag(library: Library, tags: dict[int, Tags]) -> None:
    """Store the tags of files by their ids."""
    store = TagStore(library.database)
    await store.record([(file, TagReading(tags[file.file_id])) for file in await store.due(100)])


async def test_points_come_back_within_half_a_step(library: Library) -> None:
    """Dequantised coordinates equal the values, undefined ones have none; files without a result are omitted."""
    tempi = [60.0, 97.3, 180.0]
    records = [
        await stored(library, b"/m/%d.mp3" % number, spectral_centroid=tempo) for number, tempo in enumerate(tempi)
    ]
    await stored(library, b"/m/gone.mp3", spectral_centroid=300.0)
    await library.observe([FileEvent(b"/m/gone.mp3", None)])
    await stored(library, b"/m/changed.mp3", spectral_centroid=300.0)
    await library.observe([seen(b"/m/changed.mp3", LATER)])
    points, (chunk,) = await points_of(library)
    assert list(chunk.ids) == [record.id for record in records]
    assert tuple(chunk.columns) == tuple(points.ranges) == schema.NAMES
    low, high = points.ranges["spectral_centroid"]
    assert (points.count, points.removed) == (3, None)
    assert (low, high) == schema.limits("spectral_centroid")
    for coordinate, tempo in zip(chunk.columns["spectral_centroid"], tempi, strict=True):
        assert low + coordinate * (high - low) / STEPS == pytest.approx(tempo, abs=0.51 * (high - low) / STEPS)
    assert set(chunk.columns["tempo_bpm"]) == {NO_VALUE}


async def test_points_arrive_in_chunks(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """All chunks together hold every file once, with the columns that were asked for."""
    monkeypatch.setattr(vectors, "_CHUNK", 2)
    ids = [(await stored(library, b"/m/%d.mp3" % number, lufs=-number - 1.0)).id for number in range(5)]
    points, chunks = await points_of(library, "lufs", "genre")
    assert [len(chunk.ids) for chunk in chunks] == [2, 2, 1]
    assert [file_id for chunk in chunks for file_id in chunk.ids] == ids
    assert [[*chunk.columns] for chunk in chunks] == [["lufs"]] * 3
    assert [*points.ranges] == ["lufs"]
    assert {index for chunk in chunks for index in chunk.tags["genre"].indices} == {NO_TAG}


async def test_points_have_tags(library: Library) -> None:
    """Each value of a tag is sent once in a chunk; tracks without it have none."""
    genres = ("Rock", None, "Jazz", "Rock")
    ids = [(await stored(library, b"/m/%d.mp3" % number)).id for number in range(4)]
    await tag(library, dict(zip(ids, (Tags(genre=genre, year=1990) for genre in genres), strict=True)))
    _, (chunk,) = await points_of(library, "year", "genre")
    assert (chunk.columns, chunk.tags["year"].values, set(chunk.tags["year"].indices)) == ({}, ["1990"], {0})
    assert chunk.tags["genre"].values == ["Rock", "Jazz"]
    assert list(chunk.tags["genre"].indices) == [0, NO_TAG, 1, 0]


async def test_points_since_a_version(library: Library) -> None:
    """Only what was stored, replaced or removed after the version; everything for a version of another database."""
    kept, again, gone = [(await stored(library, b"/m/%d.mp3" % number)).id for number in range(3)]
    version = (await points_of(library))[0].version
    assert (await points_of(library, since=version))[1] == []
    again_made = await library.record(again, analysed(lufs=-3.0), STAMP, claim=None, source="analysis")
    assert again_made
    new = (await stored(library, b"/m/new.mp3")).id
    await library.observe([FileEvent(b"/m/2.mp3", None)])
    points, (chunk,) = await points_of(library, since=version)
    assert (list(chunk.ids), points.removed, points.count) == ([again, new], [gone], 2)
    assert (await points_of(library, since=points.version))[0].count == 0
    for other in (f"ffff-{schema.ALGORITHM_VERSION}-1", version.replace(f"-{schema.ALGORITHM_VERSION}-", "-0-")):
        points, (chunk,) = await points_of(library, since=other)
        assert (points.removed, list(chunk.ids)) == (None, [kept, again, new])


async def test_no_points_without_fingerprints(library: Library) -> None:
    """An empty library has no points."""
    points, chunks = await points_of(library)
    assert (points.count, chunks) == (0, [])


async def test_the_version_of_points_changes_with_them(library: Library) -> None:
    """It changes with each new result, missing file and returned file; that of tags also when tags are read."""
    listings = Queries(library.database)
    versions = [await listings.points_version()]
    record = await stored(library)
    versions.append(await listings.points_version())
    assert versions[-1] == await listings.points_version(["lufs"])
    await library.observe([FileEvent(record.path, None)])
    versions.append(await listings.points_version())
    await library.observe([seen(record.path)])
    versions.append(await listings.points_version())
    assert len({*versions}) == len(versions)
    tagged = await listings.points_version(["genre"])
    await tag(library, {record.id: Tags(genre="Rock")})
    assert await listings.points_version(["genre"]) != tagged


async def test_minutes_count_what_was_analysed(library: Library) -> None:
    """Tracks, seconds of audio and failures per minute; results from sidecars do not count."""
    await stored(library, b"/m/1.mp3")
    await stored(library, b"/m/2.mp3")
    taken = await queued(library, b"/m/3.mp3")
    await library.record(taken.file_id, analysed(), STAMP, claim=taken.claim, source="sidecar")
    bad = await queued(library, b"/m/4.mp3")
    await library.record(bad.file_id, CORRUPT, STAMP, claim=bad.claim, source="analysis")
    minutes = await Queries(library.database).minutes(time.time() - 600)
    assert sum(minute.tracks for minute in minutes) == 2
    assert sum(minute.audio_sec for minute in minutes) == pytest.approx(2 * 212.25)
    assert sum(minute.failed for minute in minutes) == 1
    assert all(minute.at % 60 == 0 and abs(minute.at - time.time()) < 600 for minute in minutes)
    assert await Queries(library.database).minutes(time.time() + 60) == []


async def test_cost_is_the_mean_of_what_was_measured(library: Library) -> None:
    """Without measurements the estimate is empty."""
    listings = Queries(library.database)
    assert (await listings.cost()).measured == 0
    await stored(library)
    longer = await queued(library, b"/m/longer.mp3")
    result = with_metadata(analysed(), duration_sec=412.25)
    await library.record(longer.file_id, result, STAMP, claim=longer.claim, source="analysis")
    cost = await listings.cost()
    assert (cost.measured, cost.audio_sec) == (2, 312.25)
    assert cost.processing_sec == pytest.approx(0.0815)


async def test_tally_of_a_folder(library: Library) -> None:
    """Present, queued and failed files, of all folders or of one."""
    await stored(library, b"/m/a/done.mp3")
    bad = await queued(library, b"/m/a/bad.mp3")
    await library.record(bad.file_id, CORRUPT, STAMP, claim=bad.claim, source="analysis")
    await library.observe([seen(b"/m/b/waiting.mp3")])
    listings = Queries(library.database)
    assert await listings.tally() == {"present": 3, "waiting": 1, "failed": 1}
    assert await listings.tally(b"/m/a") == {"present": 2, "waiting": 0, "failed": 1}
