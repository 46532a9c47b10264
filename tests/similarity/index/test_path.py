"""Paths from one track to another, and orders with small steps."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from auralis_fp.similarity.index.path import flow, matrix, path
from auralis_fp.similarity.index.targets import QueryError
from auralis_fp.similarity.protocol import Filters, FlowQuery, PathQuery, Playlist
from vectors import catalogue, filled, made_up, result


async def library(folder: Path, count: int = 60) -> list[int]:
    """Store made-up tracks, and return their ids."""
    return await filled(folder, [result(one, duration_sec=100.0 + i) for i, one in enumerate(made_up(count))])


def steps(found: Playlist) -> list[float]:
    """Return the steps between the tracks."""
    return [one.step for one in found.items[1:]]


@pytest.mark.parametrize("tracks", [2, 3, 10, 40])
async def test_it_leads_over_distinct_tracks(tmp_path: Path, tracks: int) -> None:
    """A path has the requested length and both ends."""
    ids = await library(tmp_path)
    with catalogue(tmp_path) as index:
        found = path(index, PathQuery(start=ids[0], end=ids[1], tracks=tracks))
    way = [one.file_id for one in found.items]
    assert (way[0], way[-1], len(way), len(set(way))) == (ids[0], ids[1], tracks, tracks)
    assert found.note == ""


async def test_its_largest_step_is_small(tmp_path: Path) -> None:
    """On average at most .85 of that of the tracks nearest to points on a straight line."""
    ids = await library(tmp_path, 200)
    largest, straight = [], []
    with catalogue(tmp_path) as index:
        distances = matrix(index.terms)
        rows = {int(file_id): row for row, file_id in enumerate(index.column("id"))}
        for start, end in itertools.pairwise(ids[:20]):
            largest.append(max(steps(path(index, PathQuery(start=start, end=end, tracks=8)))))
            straight.append(max(_interpolated(index.terms.values, distances, rows[start], rows[end], 8)))
    assert np.mean(largest) <= 0.85 * np.mean(straight)


def _interpolated(
    terms: "np.ndarray[tuple[int, int], np.dtype[np.float32]]",
    distances: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
    start: int,
    end: int,
    tracks: int,
) -> list[float]:
    way = [start]
    for share in np.linspace(0, 1, tracks)[1:-1]:
        point = (1 - share) * terms[:, start] + share * terms[:, end]
        gaps = np.abs(terms - point[:, None]).sum(axis=0)
        gaps[[*way, end]] = np.inf
        way.append(int(np.argmin(gaps)))
    return [float(distances[one, other]) for one, other in itertools.pairwise([*way, end])]


async def test_more_tracks_than_there_are(tmp_path: Path) -> None:
    """The path has all of them, and says so."""
    ids = await library(tmp_path, 5)
    with catalogue(tmp_path) as index:
        found = path(index, PathQuery(start=ids[0], end=ids[4], tracks=100))
    assert sorted(one.file_id for one in found.items) == ids
    assert found.note == "Only 5 tracks fit."


async def test_filters_leave_the_ends(tmp_path: Path) -> None:
    """Tracks between pass them; none may be left."""
    ids = await library(tmp_path)
    with catalogue(tmp_path) as index:
        found = path(index, PathQuery(start=ids[0], end=ids[1], tracks=6, filters=Filters(duration=(110.0, 120.0))))
        alone = path(index, PathQuery(start=ids[0], end=ids[1], tracks=6, filters=Filters(duration=(9.0, 1.0))))
    assert all(110 <= one.duration_sec <= 120 for one in found.items[1:-1])
    assert len(found.items) == 6
    assert [one.file_id for one in alone.items] == ids[:2]
    assert alone.note == "Only 2 tracks fit. No track fits: the range of duration ends below its beginning."


async def test_from_a_track_to_itself(tmp_path: Path) -> None:
    """Or to a copy of it: there is no path, which is said."""
    tracks = [result(one, content=b"%d" % (i % 9)) for i, one in enumerate(made_up(10))]
    ids = await filled(tmp_path, tracks)
    with catalogue(tmp_path) as index:
        for end in (ids[0], ids[9]):
            found = path(index, PathQuery(start=ids[0], end=end, tracks=5))
            assert found.items == []
            assert "begins with" in found.note


async def test_a_hundred_copies_of_one(tmp_path: Path) -> None:
    """They have no path, and an order in which no step is longer than another."""
    ids = await filled(tmp_path, [result(made_up(1)[0])] * 100)
    with catalogue(tmp_path) as index:
        found = path(index, PathQuery(start=ids[0], end=ids[99], tracks=10))
        order = flow(index, FlowQuery(tracks=ids))
    assert (found.items, "begins with" in found.note) == ([], True)
    assert sorted(one.file_id for one in order.items) == ids
    assert set(steps(order)) == {0.0}


async def test_two_tracks_are_a_path(tmp_path: Path) -> None:
    """The shortest one, in a library of nothing else."""
    ids = await library(tmp_path, 2)
    with catalogue(tmp_path) as index:
        found = path(index, PathQuery(start=ids[0], end=ids[1], tracks=2))
    assert ([one.file_id for one in found.items], found.note) == (ids, "")


async def test_an_unknown_end_is_refused(tmp_path: Path) -> None:
    """With the id in the sentence."""
    ids = await library(tmp_path, 5)
    with catalogue(tmp_path) as index, pytest.raises(QueryError, match="File 99 has no current fingerprint"):
        path(index, PathQuery(start=ids[0], end=99, tracks=5))


async def test_flow_makes_steps_small(tmp_path: Path) -> None:
    """It keeps the first track and loses none; nearly the shortest order where all can be tried."""
    ids = await library(tmp_path, 60)
    with catalogue(tmp_path) as index:
        found = flow(index, FlowQuery(tracks=[*ids, ids[0]]))
        before = sum(one.step for one in flow(index, FlowQuery(tracks=ids[:2])).items)
        short = flow(index, FlowQuery(tracks=ids[:8]))
        distances = matrix(index.terms)[:8, :8]
    assert [found.items[0].file_id, *sorted(one.file_id for one in found.items[1:])] == ids
    assert before > 0
    best = min(
        sum(distances[a, b] for a, b in itertools.pairwise((0, *rest))) for rest in itertools.permutations(range(1, 8))
    )
    assert sum(steps(short)) <= 1.1 * best
    plain = sum(matrix_step for matrix_step in np.diag(distances, 1))
    assert sum(steps(short)) < plain


async def test_nothing_to_sort(tmp_path: Path) -> None:
    """It is an answer that says so; one track stays as it is."""
    ids = await library(tmp_path, 3)
    with catalogue(tmp_path) as index:
        assert flow(index, FlowQuery(tracks=[])).note == "There is nothing to sort."
        assert [one.file_id for one in flow(index, FlowQuery(tracks=ids[:1])).items] == ids[:1]
