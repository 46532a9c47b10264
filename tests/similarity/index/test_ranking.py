"""Exact ranking by mutual proximity."""

import numpy as np
import pytest

from auralis_fp.similarity.index.ranking import log_proximity, nearest


@pytest.mark.parametrize("count", [1, 7, 100, 4999, 5000, 9999])
@pytest.mark.parametrize("seed", range(3))
def test_the_bound_loses_nothing(count: int, seed: int) -> None:
    """The best rows are those of a complete sort, in its order, also where distances are equal."""
    rng = np.random.default_rng(seed)
    distances = rng.gamma(20, 1, 5000).astype(np.float32).round(1)
    mean, std = rng.normal(20, 2, 5000).astype(np.float32), rng.uniform(2, 6, 5000).astype(np.float32)
    rows, proximity = nearest(distances, (19.0, 4.0), mean, std, count)
    everything = log_proximity(distances, (19.0, 4.0), mean, std)
    order = np.lexsort((np.arange(5000), -everything))[:count]
    assert np.array_equal(rows, order)
    assert np.array_equal(proximity, everything[order])


def test_a_hub_is_not_preferred() -> None:
    """Of two tracks at the same distance the one that is usually far from everything is nearer."""
    distances = np.array([5.0, 5.0], dtype=np.float32)
    mean, std = np.array([6.0, 20.0], dtype=np.float32), np.ones(2, dtype=np.float32)
    rows, _ = nearest(distances, (10.0, 2.0), mean, std, 2)
    assert rows.tolist() == [1, 0]


@pytest.mark.parametrize("size", [0, 1])
def test_small_libraries(size: int) -> None:
    """No track and one track are ranked without an error."""
    ones = np.ones(size, dtype=np.float32)
    rows, proximity = nearest(ones, (1.0, 1.0), ones, ones, 10)
    assert len(rows) == len(proximity) == size


def test_far_tracks_keep_their_order() -> None:
    """Where probabilities are too small for a float their logarithms still differ."""
    distances = np.array([400.0, 300.0, 500.0], dtype=np.float32)
    ones = np.ones(3, dtype=np.float32)
    rows, proximity = nearest(distances, (1.0, 1.0), ones, ones, 3)
    assert rows.tolist() == [1, 0, 2]
    assert np.isfinite(proximity).all()
