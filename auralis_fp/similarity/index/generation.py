"""Statistics of the library that the distance is measured by, frozen until the library has grown by a fifth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .distance import N_TERMS, NO_TIMBRE, MaskArray, Terms, city_block, differences, pairwise
from .transforms import TEMPO, WEIGHTS, FloatArray, transform

GROWTH: Final = 1.2  # a library that has grown by this factor is measured anew
SAMPLE: Final = 1000  # tracks that every track is compared with
LARGE_SAMPLE: Final = 300  # the same in libraries above LARGE, where the comparison takes minutes
LARGE: Final = 250_000
PAIRS: Final = 20_000
QUANTILES: Final = 1025
LEAST_STD: Final = 1e-3  # of a term or a distance that does not vary
_CHUNK: Final = 65_536  # tracks transformed at once


@dataclass(frozen=True, slots=True)
class Generation:
    """Frozen statistics.

    Parameters
    ----------
    number : int
        Increases with every freeze.
    n_tracks : int
        Size of the library when frozen.
    mean, std : ndarray, shape (n_terms,)
        Of each transformed term, over the tracks that define it.
    sample : Terms
        Standardised terms of the sampled tracks.
    sample_ids : ndarray, shape (n_sample,)
        Their ids.
    quantiles : ndarray, shape (1025,)
        Distances of random pairs in ascending order, at even steps of probability.
    expected : ndarray, shape (n_terms,)
        Mean difference of each weighted term between random pairs.
    """

    number: int
    n_tracks: int
    mean: FloatArray
    std: FloatArray
    sample: Terms
    sample_ids: NDArray[np.int64]
    quantiles: FloatArray
    expected: FloatArray

    @property
    def period(self) -> float:
        """Length of the tempo octave on the scale of the terms."""
        return float(WEIGHTS[TEMPO] / self.std[TEMPO])

    def standardise(self, values: NDArray[np.floating], undefined: MaskArray) -> Terms:
        """Transform fingerprints, standardise them by this generation, and multiply them by their weights.

        Parameters
        ----------
        values : ndarray, shape (n_terms, n_tracks)
            Fingerprints in the units of the schema, and the timbre where the library has it.
        undefined : ndarray, shape (n_tracks,), uint64
            Bit mask of the terms each track does not define.
        """
        result = np.empty(values.shape, dtype=np.float32)
        scale = np.ones(len(values), dtype=np.float32)
        scale[:N_TERMS] = WEIGHTS
        scale /= self.std
        for part in chunks(values.shape[1]):
            result[:, part] = (_transformed(values[:, part]) - self.mean[:, None]) * scale[:, None]
            result[:, part][mask_of(undefined[part], len(values))] = 0.0
        return Terms(result, undefined, self.period)

    def similarity(self, distance: float) -> float:
        """Return the share of random pairs that are farther apart than a distance, 0 to 1."""
        return 1.0 - float(np.interp(distance, self.quantiles, np.linspace(0.0, 1.0, QUANTILES)))

    def similarities(self, distances: FloatArray) -> NDArray[np.float64]:
        """Return the same for many distances."""
        return np.asarray(1.0 - np.interp(distances, self.quantiles, np.linspace(0.0, 1.0, QUANTILES)))

    def outgrown(self, n_tracks: int) -> bool:
        """Return True if the library has grown or shrunk by a fifth since it was measured."""
        return n_tracks > GROWTH * self.n_tracks or n_tracks * GROWTH < self.n_tracks


def freeze(number: int, ids: NDArray[np.int64], values: NDArray[np.floating], undefined: MaskArray) -> Generation:
    """Measure a library.

    Parameters
    ----------
    number : int
        Number of the generation; also seeds the choice of the sample.
    ids : ndarray, shape (n_tracks,)
    values : ndarray, shape (n_terms, n_tracks)
        Fingerprints in the units of the schema.
    undefined : ndarray, shape (n_tracks,), uint64
        Bit mask of the terms each track does not define.

    Returns
    -------
    Generation
    """
    mean, std = _moments(values, undefined)
    rng = np.random.default_rng(number)
    count = len(ids)
    wanted = min(count, SAMPLE if count <= LARGE else LARGE_SAMPLE)
    rows = np.sort(rng.choice(count, size=wanted, replace=False))
    nothing = Terms(np.zeros((len(values), 0), np.float32), np.zeros(0, np.uint64), 1.0)
    blank = Generation(
        number, count, mean, std, nothing, ids[rows], np.zeros(QUANTILES, np.float32), np.ones(N_TERMS, np.float32)
    )
    sample = blank.standardise(values[:, rows], undefined[rows])
    quantiles, expected = _random_pairs(sample, rng)
    return Generation(number, count, mean, std, sample, ids[rows], quantiles, expected)


def neighbourhoods(
    sample: Terms,
    sample_ids: NDArray[np.int64],
    ids: NDArray[np.int64],
    terms: Terms,
    on_progress: Callable[[], None] = lambda: None,
) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of each track's distances to the sample.

    Parameters
    ----------
    sample : Terms
        Of the sampled tracks.
    sample_ids : ndarray, shape (n_sample,)
    ids : ndarray, shape (n_tracks,)
        A sampled track is not compared with itself.
    terms : Terms
        Of the tracks.
    on_progress : callable, optional
        Called now and then.

    Returns
    -------
    mean, std : ndarray, shape (n_tracks,), float32
    """
    sums, squares = np.zeros(len(terms)), np.zeros(len(terms))
    if len(terms) < len(sample):  # a few new tracks: each is compared with the whole sample
        for row in range(len(terms)):
            distances = city_block(sample, terms.values[:, row], int(terms.undefined[row])).astype(np.float64)
            distances[sample_ids == ids[row]] = 0.0
            sums[row], squares[row] = distances.sum(), (distances**2).sum()
    else:
        for row in range(len(sample)):
            distances = city_block(terms, sample.values[:, row], int(sample.undefined[row])).astype(np.float64)
            distances[ids == sample_ids[row]] = 0.0
            sums += distances
            squares += distances**2
            on_progress()
    count = np.maximum(len(sample) - np.isin(ids, sample_ids), 1)
    mean = sums / count
    std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
    return mean.astype(np.float32), np.maximum(std, LEAST_STD).astype(np.float32)


def mask_of(undefined: MaskArray, n_terms: int = N_TERMS) -> NDArray[np.bool_]:
    """Return a bit mask as booleans, shape (n_terms, n_tracks)."""
    bits = np.arange(N_TERMS, dtype=np.uint64)[:, None]
    mask = (undefined[None, :] >> bits & np.uint64(1)).astype(bool)
    timbre = np.broadcast_to(undefined >= np.uint64(NO_TIMBRE), (n_terms - N_TERMS, len(undefined)))
    return np.concatenate([mask, timbre])


def chunks(count: int) -> Iterator[slice]:
    """Yield slices that cover *count* tracks."""
    for start in range(0, count, _CHUNK):
        yield slice(start, min(start + _CHUNK, count))


def _transformed(values: NDArray[np.floating]) -> FloatArray:
    """Return transformed fingerprints, followed by the timbre as it is."""
    fingerprints = transform(values[:N_TERMS])
    return fingerprints if len(values) == N_TERMS else np.concatenate([fingerprints, values[N_TERMS:]])


def _moments(values: NDArray[np.floating], undefined: MaskArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the standard deviation of each transformed term over the tracks that define it."""
    width = len(values)
    total, squares, count = np.zeros(width), np.zeros(width), np.zeros(width)
    shift = np.zeros((width, 1))
    for part in chunks(values.shape[1]):
        terms, mask = _transformed(values[:, part]).astype(np.float64), mask_of(undefined[part], width)
        if part.start == 0:
            shift = terms[:, :1].copy()  # against cancellation
        terms = np.where(mask, 0.0, terms - shift)
        count += (~mask).sum(axis=1)
        total += terms.sum(axis=1)
        squares += (terms**2).sum(axis=1)
    least = np.maximum(count, 1)
    mean = total / least
    std = np.sqrt(np.maximum(squares / least - mean**2, 0.0))
    std[std < LEAST_STD] = 1.0  # a constant term keeps its units: a first different track is not infinitely far
    return (mean + shift[:, 0]).astype(np.float32), std.astype(np.float32)


def _random_pairs(sample: Terms, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return the distance quantiles and the mean difference of each term of random pairs."""
    count = len(sample)
    if count < 2:
        return np.zeros(QUANTILES, np.float32), np.ones(N_TERMS, np.float32)
    first = rng.integers(count, size=PAIRS)
    second = (first + rng.integers(1, count, size=PAIRS)) % count
    one, other = sample.at(first), sample.at(second)
    steps = np.linspace(0.0, 1.0, QUANTILES)
    quantiles = np.quantile(pairwise(one, other), steps).astype(np.float32)
    shared = ~mask_of(one.undefined | other.undefined)
    sums = (differences(one, other.values) * shared).sum(axis=1)
    expected = sums / np.maximum(shared.sum(axis=1), 1)
    return quantiles, np.maximum(expected, LEAST_STD).astype(np.float32)
