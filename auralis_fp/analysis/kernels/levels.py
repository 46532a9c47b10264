"""Sample statistics of segments."""

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled

_FOLD: Final = 64  # samples summed side by side; numpy is slow along an axis beside a short one


def channel_means(samples: FloatArray) -> NDArray[np.float64]:
    """Return the mean of each channel.

    Parameters
    ----------
    samples : ndarray, shape (samples, channels), float32

    Returns
    -------
    ndarray, shape (channels,), float64
        0 without samples.

    Examples
    --------
    >>> channel_means(np.array([[1, 2], [3, 4]], dtype=np.float32))
    array([2., 3.])
    """
    count, channels = samples.shape
    even = count // _FOLD * _FOLD
    folded = samples[:even].reshape(-1, _FOLD * channels).sum(axis=0, dtype=np.float64)
    total = folded.reshape(_FOLD, channels).sum(axis=0) + samples[even:].sum(axis=0, dtype=np.float64)
    means: NDArray[np.float64] = total / max(1, count)
    return means


@has_compiled(compiled.segment_levels)
def segment_levels(
    block: FloatArray, pending: FloatArray, count: int, length: int
) -> tuple[FloatArray, NDArray[np.float64], int]:
    """Return the levels of the segments that a block completes.

    Parameters
    ----------
    block : ndarray, shape (samples, channels), float32
    pending : ndarray, shape (channels, >= count + samples), float32
        Begins with the samples of the segment that the previous block left incomplete; receives those that this block
        leaves. The rest is working memory.
    count : int
        How many samples of each channel are pending.
    length : int
        Samples of a segment.

    Returns
    -------
    levels : ndarray, shape (4, channels, segments), float32
        Minimum, maximum, sum, and sum of squares of each segment. A sample that is not a number becomes both extremes.
    products : ndarray, shape (channels, channels), float64
        Sums of the products of two channels over all these segments.
    count : int
        How many samples are pending now.

    Examples
    --------
    >>> pending = np.zeros((2, 3), dtype=np.float32)
    >>> levels, products, count = segment_levels(np.float32([[1, 3], [2, 4], [5, 6]]), pending, 0, 2)
    >>> levels[..., 0]
    array([[ 1.,  3.],
           [ 2.,  4.],
           [ 3.,  7.],
           [ 5., 25.]], dtype=float32)
    >>> products, count, pending[:, :count]
    (array([[ 5., 11.],
           [11., 25.]]), 1, array([[5.],
           [6.]], dtype=float32))
    """
    filled = count + len(block)
    pending[:, count:filled] = block.T
    channels, whole = len(pending), filled // length
    segments = pending[:, : whole * length].reshape(channels, whole, length)
    levels: FloatArray = np.empty((4, channels, whole), dtype=np.float32)
    products = np.zeros((channels, channels))
    if whole:
        segments.min(axis=2, out=levels[0])
        segments.max(axis=2, out=levels[1])
        with np.errstate(over="ignore", invalid="ignore"):  # the extremes tell
            np.matmul(segments, np.ones(length, dtype=np.float32), out=levels[2])
            np.vecdot(segments, segments, out=levels[3])
            products[np.diag_indices(channels)] = levels[3].sum(axis=1, dtype=np.float64)
            for first, second in combinations(range(channels), 2):
                product = np.vecdot(segments[first], segments[second]).sum(dtype=np.float64)
                products[first, second] = products[second, first] = product
    left = filled - whole * length
    pending[:, :left] = pending[:, whole * length : filled]
    return levels, products, left


def is_plain_stereo(downmix: FloatArray) -> bool:
    """Return True if a downmix to stereo passes two channels on unchanged.

    Parameters
    ----------
    downmix : ndarray, shape (2, channels), float32
        Gains of the channels in left and right.

    Examples
    --------
    >>> is_plain_stereo(np.float32([[1, 0], [0, 1]])), is_plain_stereo(np.float32([[0.7], [0.7]]))
    (True, False)
    """
    return downmix.shape == (2, 2) and bool((downmix == np.eye(2)).all())


def quartile_dispersion(values: NDArray[np.float64]) -> float:
    """Return the quartile coefficient of dispersion, a coefficient of variation that outliers do not move.

    Parameters
    ----------
    values : ndarray, shape (values,), float64
        Positive, at least one.

    Returns
    -------
    float
        0 (all equal) to 1.

    Notes
    -----
    ``(Q3 - Q1) / (Q3 + Q1)``.

    References
    ----------
    Bonett, D. G. (2006). Confidence interval for a coefficient of quartile variation. Computational Statistics & Data
    Analysis 50(11).

    Examples
    --------
    >>> round(quartile_dispersion(np.array([1.0, 1.0, 0.5, 0.5])), 3)
    0.333
    """
    first, third = np.quantile(values, (0.25, 0.75))
    return float((third - first) / (third + first))


def winsorised_deviation(values: NDArray[np.float64]) -> float:
    """Return the standard deviation of values clipped to their first and ninth decile.

    Parameters
    ----------
    values : ndarray, shape (values,), float64
        At least one.

    References
    ----------
    Wilcox, R. R. (2012). Introduction to Robust Estimation and Hypothesis Testing, section 2.2.

    Examples
    --------
    >>> winsorised_deviation(np.array([1.0, -1.0] * 10 + [100.0, -50.0]))
    1.0
    """
    return float(np.clip(values, *np.quantile(values, (0.1, 0.9))).std())
