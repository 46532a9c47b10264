"""The map of the library."""

from pathlib import Path

import numpy as np

from auralis_fp.similarity.index.projection import Landmarks, MapMaker, classical_scaling, project, share_kept, tsne
from vectors import catalogue, filled, made_up, result


def clusters(count: int = 12, size: int = 12) -> np.ndarray:
    """Return the distances of points in clusters in thirty dimensions."""
    rng = np.random.default_rng(5)
    points = np.repeat(rng.normal(0.0, 1.0, (count, 30)), size, axis=0) + rng.normal(0.0, 0.4, (count * size, 30))
    return np.asarray(np.abs(points[:, None] - points[None]).sum(axis=2))


def test_it_keeps_more_neighbours_than_principal_coordinates() -> None:
    """Clusters stay together; the same distances have the same map every time."""
    distances = clusters()
    found = tsne(distances)
    assert np.isfinite(found).all()
    assert share_kept(distances, found) > share_kept(distances, classical_scaling(distances)) + 0.2
    assert np.array_equal(found, tsne(distances))


def test_tiny_and_equal_libraries() -> None:
    """No track, one, two, a few, and many that are the same."""
    for count in (0, 1, 2, 3, 5):
        assert tsne(np.zeros((count, count))).shape == (count, 2)
    assert np.isfinite(tsne(np.zeros((40, 40)))).all()


async def test_new_tracks_move_no_others(tmp_path: Path) -> None:
    """Until the library is measured again: coordinates of the old tracks stay, and the new ones lie within the map."""
    await filled(tmp_path, [result(one) for one in made_up(60)])
    with catalogue(tmp_path) as index:
        landmarks = Landmarks.of(index.generation)
        before = project(index, landmarks.places)
        assert before.shape == (2, 60)
        assert (before.min(), before.max()) == (0.0, 1.0)
        assert 0.3 < landmarks.kept <= 1.0
    await filled(tmp_path, [result(one) for one in made_up(5, seed=9)], "/more/%03d/song.flac")
    with catalogue(tmp_path) as index:
        assert index.generation.number == landmarks.generation
        after = project(index, Landmarks.of(index.generation).places)
        assert after.shape == (2, 65)
        assert np.allclose(after[:, :60], before, atol=1e-3)


async def test_an_answer_is_packed(tmp_path: Path) -> None:
    """An id of 8 bytes and two coordinates of 2 bytes for each track; nothing for an empty library."""
    (tmp_path / "empty").mkdir()
    await filled(tmp_path / "empty", [])
    with catalogue(tmp_path / "empty") as index:
        assert MapMaker(index).track_map().ids == b""
    ids = await filled(tmp_path, [result(one) for one in made_up(20)])
    with catalogue(tmp_path) as index:
        answer = MapMaker(index).track_map()
    assert np.frombuffer(answer.ids, "<u8").tolist() == ids
    assert len(answer.x) == len(answer.y) == 40


async def test_copies_share_a_place(tmp_path: Path) -> None:
    """A library of a hundred copies of one track has a map, and no NaN on it."""
    await filled(tmp_path, [result(made_up(1)[0])] * 100)
    with catalogue(tmp_path) as index, np.errstate(all="raise", under="ignore"):
        answer = MapMaker(index).track_map()
    assert 0 <= answer.kept <= 1
    assert len(answer.x) == 200
