"""The city-block distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auralis_fp.similarity.index.distance import CHUNK, MOST, MOST_DEVIATIONS, N_TERMS, Terms, city_block, pairwise
from auralis_fp.similarity.index.transforms import FAMILY_OF, TEMPO, WEIGHTS

PERIOD = 4.0


def some(count: int, seed: int = 0, undefined: float = 0.0) -> Terms:
    """Return random terms; a share of them is undefined."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(N_TERMS, count)).astype(np.float32)
    values[TEMPO] = rng.uniform(0, PERIOD, count)
    missing = rng.random((N_TERMS, count)) < undefined
    values[missing] = 0.0
    bits = (missing.astype(np.uint64) << np.arange(N_TERMS, dtype=np.uint64)[:, None]).sum(axis=0).astype(np.uint64)
    return Terms(values, bits, PERIOD)


def by_definition(terms: Terms, one: int, other: int) -> float:
    """Return the distance of two tracks, term by term."""
    sums = common = 0.0
    for i in range(N_TERMS):
        if (int(terms.undefined[one]) | int(terms.undefined[other])) >> i & 1:
            continue
        gap = abs(float(terms.values[i, one]) - float(terms.values[i, other]))
        sums += min(gap, PERIOD - gap if i == TEMPO else gap, float(MOST[i]))
        common += float(WEIGHTS[i])
    return sums * N_TERMS / common if common else float(N_TERMS)


@pytest.mark.parametrize("undefined", [0.0, 0.1, 0.9, 1.0])
def test_it_is_what_its_definition_says(undefined: float) -> None:
    """Over the terms that both define, scaled to all of them."""
    terms = some(30, undefined=undefined)
    for row in range(5):
        found = city_block(terms, terms.values[:, row], int(terms.undefined[row]))
        assert found == pytest.approx([by_definition(terms, row, other) for other in range(30)], rel=1e-4, abs=1e-4)
    rows = np.arange(29)
    expected = [by_definition(terms, row, row + 1) for row in range(29)]
    assert pairwise(terms.at(rows), terms.at(rows + 1)) == pytest.approx(expected, rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_it_is_a_metric(seed: int) -> None:
    """Zero to itself, symmetric, and no detour is shorter."""
    terms = some(12, seed)
    matrix = np.array([city_block(terms, terms.values[:, row]) for row in range(12)])
    assert np.allclose(np.diag(matrix), 0.0)
    assert np.allclose(matrix, matrix.T, atol=1e-4)
    assert (matrix[:, :, None] <= matrix[:, None, :] + matrix.T[None, :, :] + 1e-3).all()


def test_an_undefined_term_is_never_neutral() -> None:
    """A track without tempo is as far as the mean of its other terms suggests, whatever its stored value is."""
    values = np.ones((N_TERMS, 2), dtype=np.float32)
    values[TEMPO] = 0.0
    terms = Terms(values, np.array([0, 1 << TEMPO], dtype=np.uint64), PERIOD)
    distances = city_block(terms, np.zeros(N_TERMS, dtype=np.float32))
    common = N_TERMS - float(WEIGHTS[TEMPO])
    assert distances.tolist() == pytest.approx([N_TERMS - 1, (N_TERMS - 1) * N_TERMS / common])


def test_a_weight_of_zero_leaves_a_term_out() -> None:
    """Tracks that differ in this term only are at distance 0."""
    values = np.zeros((N_TERMS, 1), dtype=np.float32)
    values[3] = 1.5
    weights = np.ones(N_TERMS)
    assert city_block(Terms(values, np.zeros(1, np.uint64), PERIOD), np.zeros(N_TERMS, np.float32))[0] == 1.5
    weights[3] = 0.0
    terms = Terms(values, np.zeros(1, np.uint64), PERIOD)
    assert city_block(terms, np.zeros(N_TERMS, np.float32), weights=weights)[0] == 0.0


def test_chunks_join_without_a_seam() -> None:
    """More tracks than one chunk holds give the same distances as each part alone."""
    terms = some(CHUNK + 10)
    query = terms.values[:, 3].copy()
    tail = terms.at(np.arange(CHUNK - 5, CHUNK + 10))
    assert np.array_equal(city_block(terms, query)[CHUNK - 5 :], city_block(tail, query))


def test_a_single_term_decides_nothing() -> None:
    """However far apart two tracks are in one term, it counts at most 2.5 standard deviations."""
    values = np.zeros((N_TERMS, 2), dtype=np.float32)
    values[4] = 2.0 * WEIGHTS[4], 20.0 * WEIGHTS[4]
    distances = city_block(Terms(values, np.zeros(2, np.uint64), PERIOD), np.zeros(N_TERMS, np.float32))
    assert distances == pytest.approx([2.0 * WEIGHTS[4], MOST_DEVIATIONS * WEIGHTS[4]])


def test_the_spectrum_does_not_outweigh_the_rest() -> None:
    """Its ten terms, which describe one thing, count as much as five of the others; the mean weight is 1."""
    spectral = [i for i, family in enumerate(FAMILY_OF) if family.value in {"frequency", "spectral"}]
    assert len(spectral) == 10
    assert WEIGHTS[spectral].sum() == pytest.approx(5 * WEIGHTS[TEMPO])
    assert WEIGHTS.mean() == pytest.approx(1.0)
