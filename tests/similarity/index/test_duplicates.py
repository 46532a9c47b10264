"""Groups of files with the same recording."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from auralis_fp.models import Analysed, Part
from auralis_fp.schema.sub_fingerprints import NAME, VERSION
from auralis_fp.similarity.index.duplicates import DuplicateFinder
from auralis_fp.similarity.index.path import path
from auralis_fp.similarity.index.playlist import playlist
from auralis_fp.similarity.index.similar import similar
from auralis_fp.similarity.protocol import Duplicates, PathQuery, PlaylistQuery, Selection, SimilarQuery
from auralis_fp.store.decisions import decide
from auralis_fp.store.job_queue import JobQueue
from recordings import RATE, bits, recording
from stored import LATER, library_in, seen
from vectors import DATABASE, catalogue, filled, made_up, result

TRACKS = made_up(8)


def with_bits(one: Analysed, data: bytes, version: int = VERSION) -> Analysed:
    """Return the result with sub-fingerprints."""
    return replace(one, parts=(Part(NAME, version, data),))


@pytest.fixture(scope="module")
def outcomes() -> list[Analysed]:
    """Return six recordings, two copies of the first with other numbers, and a trimmed one of the second."""
    samples = [recording(seed, 70) for seed in range(6)]
    originals = [
        with_bits(result(one, duration_sec=70.0), bits(sound)) for one, sound in zip(TRACKS, samples, strict=False)
    ]
    rng = np.random.default_rng(0)
    noisy = samples[0] + 0.003 * rng.standard_normal(samples[0].shape).astype(np.float32)
    louder = TRACKS[0] | {"lufs": TRACKS[0]["lufs"] + 5, "crest_db": TRACKS[0]["crest_db"] - 2}
    return [
        *originals,
        with_bits(result(louder, duration_sec=70.3), bits(noisy)),
        with_bits(result(TRACKS[6], duration_sec=70.0), bits(0.3 * samples[0])),
        with_bits(result(TRACKS[7], duration_sec=49.0), bits(samples[1][21 * RATE :])),
    ]


def found(folder: Path) -> Duplicates:
    """Return the groups that a fresh index finds."""
    with catalogue(folder) as index:
        return DuplicateFinder(index, lambda: None).groups()


async def test_copies_are_grouped(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """Altered and trimmed ones, whatever their numbers; strangers are in no group."""
    ids = await filled(tmp_path, outcomes)
    answer = found(tmp_path)
    assert (answer.compared, answer.total) == (9, 9)
    assert [group.files for group in answer.groups] == [[ids[0], ids[6], ids[7]], [ids[1], ids[8]]]
    assert {pair.kind for pair in answer.groups[0].pairs} == {"same_recording"}
    (pair,) = answer.groups[1].pairs
    assert pair.kind == "other_length"
    assert pair.offset_sec == pytest.approx(21, abs=0.1)
    assert pair.agreement is not None
    assert pair.agreement > 0.85


async def test_copies_are_left_out_of_answers(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """A copy whose numbers are near is no neighbour, and no radio has both."""
    ids = await filled(tmp_path, outcomes[:7])
    with catalogue(tmp_path) as index:
        page = similar(index, SimilarQuery(selection=Selection(like=[ids[0]]), limit=100))
        assert sorted(one.file_id for one in page.items) == ids[1:6]
        radio = playlist(index, PlaylistQuery(selection=Selection(like=[ids[1]]), tracks=10, gap={}, cap={}))
        assert len({ids[0], ids[6]} & {one.file_id for one in radio.items}) == 1


async def test_copies_of_a_neighbour_stand_beside_it(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """Similar tracks, radios and paths have one file of each recording, found by bits, with its copies."""
    ids = await filled(tmp_path, outcomes)
    groups = {frozenset(ids[i] for i in group) for group in ([0, 6, 7], [1, 8])}
    with catalogue(tmp_path) as index:
        page = similar(index, SimilarQuery(selection=Selection(like=[ids[2]]), limit=100))
        radio = playlist(index, PlaylistQuery(selection=Selection(like=[ids[2]]), tracks=10, gap={}, cap={}))
        way = path(index, PathQuery(start=ids[2], end=ids[1], tracks=9))
    assert len(page.items) == len(radio.items) == 5
    assert len(way.items) == 6
    for items in (page.items, radio.items, way.items):
        assert {frozenset([one.file_id, *one.copies]) for one in items if one.copies} == groups


async def test_decisions_count_in_answers(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """Files that a person split are two neighbours, files that were joined are one; so for the seed."""
    ids = await filled(tmp_path, outcomes)
    async with library_in(tmp_path) as library:
        await decide(library.database, [ids[1], ids[8]], same=False)
        await decide(library.database, [ids[3], ids[4]], same=True)
        await decide(library.database, [ids[2], ids[5]], same=True)
    with catalogue(tmp_path) as index:
        page = similar(index, SimilarQuery(selection=Selection(like=[ids[2]]), limit=100))
        of_split = similar(index, SimilarQuery(selection=Selection(like=[ids[1]]), limit=100))
    found = {frozenset([one.file_id, *one.copies]) for one in page.items}
    assert found == {frozenset(ids[i] for i in group) for group in ([0, 6, 7], [1], [8], [3, 4])}
    assert ids[8] in {one.file_id for one in of_split.items}


async def test_numbers_only_propose(tmp_path: Path) -> None:
    """Without bits equal numbers and lengths make a candidate; equal audio data is the same recording."""
    near = TRACKS[0] | {"lufs": TRACKS[0]["lufs"] + 1}
    results = [
        result(TRACKS[0]),
        result(near),
        result(TRACKS[1], content=b"x"),
        result(TRACKS[1], content=b"x"),
        result(TRACKS[2]),
        result(TRACKS[2] | {"air_pct": 3.0}, duration_sec=230.0),
        *(result(one) for one in TRACKS[3:]),
    ]
    ids = await filled(tmp_path, results)
    groups = found(tmp_path).groups
    assert [(group.files, group.pairs[0].kind) for group in groups] == [
        ([ids[2], ids[3]], "same_recording"),
        ([ids[0], ids[1]], "candidate"),
    ]


async def test_bits_overrule_numbers(tmp_path: Path) -> None:
    """Two tracks with the same numbers and other bits are strangers."""
    results = [with_bits(result(TRACKS[0]), bits(recording(seed, 30))) for seed in (1, 2)]
    await filled(tmp_path, results)
    assert found(tmp_path).groups == []


async def test_bits_of_another_version_do_not_count(tmp_path: Path) -> None:
    """Neither do those of an earlier result of a file."""
    data = bits(recording(1, 30))
    ids = await filled(tmp_path, [with_bits(result(TRACKS[i]), data, VERSION - 1) for i in range(2)])
    assert (found(tmp_path).compared, found(tmp_path).groups) == (0, [])
    with closing(sqlite3.connect(tmp_path / DATABASE)) as db, db:
        db.execute("UPDATE parts SET version = ?", (VERSION,))
    assert found(tmp_path).compared == 2
    async with library_in(tmp_path) as library:
        await library.observe([seen(b"/music/001/song.flac", LATER)])
        job = await JobQueue(library.database).claim_file(b"/music/001/song.flac")
        assert job is not None
        await library.record(ids[1], result(TRACKS[1]), LATER, claim=job.claim, source="analysis")
    assert found(tmp_path).compared == 1


async def test_decisions_are_remembered(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """A split pair leaves its group, a confirmed one is marked, and strangers can be joined."""
    ids = await filled(tmp_path, outcomes)
    async with library_in(tmp_path) as library:
        await decide(library.database, [ids[0], ids[6]], same=True)
        await decide(library.database, [ids[1], ids[8]], same=False)
        await decide(library.database, [ids[3], ids[4]], same=True)
    groups = {tuple(group.files): group for group in found(tmp_path).groups}
    assert set(groups) == {(ids[0], ids[6], ids[7]), (ids[3], ids[4])}
    confirmed = [pair.confirmed for pair in groups[ids[0], ids[6], ids[7]].pairs]
    assert confirmed.count(True) == 1
    async with library_in(tmp_path) as library:
        await decide(library.database, [ids[1], ids[8]], same=True)
    assert (ids[1], ids[8]) in {tuple(group.files) for group in found(tmp_path).groups}


@pytest.mark.parametrize("count", [0, 1])
async def test_tiny_libraries(tmp_path: Path, count: int) -> None:
    """They have no duplicates."""
    await filled(tmp_path, [result(one) for one in TRACKS[:count]])
    assert found(tmp_path) == Duplicates(groups=[], compared=0, total=count)


async def test_a_change_of_the_library_is_seen(tmp_path: Path, outcomes: list[Analysed]) -> None:
    """Groups are found again after it, and kept as long as there is none."""
    ids = await filled(tmp_path, outcomes)
    with catalogue(tmp_path) as index:
        finder = DuplicateFinder(index, lambda: None)
        before = finder.groups()
        assert finder.groups() == before
        with closing(sqlite3.connect(tmp_path / DATABASE)) as db, db:
            db.execute("UPDATE files SET missing_since = 1 WHERE id = ?", (ids[8],))
        index.refresh()
        assert [group.files for group in finder.groups().groups] == [[ids[0], ids[6], ids[7]]]


async def test_a_hundred_copies_of_one(tmp_path: Path) -> None:
    """They are one group, not 4,950."""
    data = bits(recording(1, 30))
    ids = await filled(tmp_path, [with_bits(result(TRACKS[0], duration_sec=30.0), data)] * 100)
    with catalogue(tmp_path) as index:
        found = DuplicateFinder(index, lambda: None).groups()
    assert [group.files for group in found.groups] == [ids]
