"""Sample statistics of segments."""

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


@has_compiled(compiled.copy_channels)
def copy_channels(block: FloatArray, out: FloatArray) -> None:
    """Copy each channel of a block to a row of its own.

    Parameters
    ----------
    block : ndarray, shape (samples, channels), float32
    out : ndarray, shape (channels, samples), float32
        Receives the samples.

    Examples
    --------
    >>> planar = np.empty((2, 2), dtype=np.float32)
    >>> copy_channels(np.float32([[1, 2], [3, 4]]), planar)
    >>> planar
    array([[1., 3.],
           [2., 4.]], dtype=float32)
    """
    out[...] = block.T


@has_compiled(compiled.segment_extremes)
def segment_extremes(segments: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the minimum and maximum of each segment.

    Parameters
    ----------
    segments : ndarray, shape (channels, segments, samples), float32

    Returns
    -------
    minimum, maximum : ndarray, shape (channels, segments), float32

    Examples
    --------
    >>> segment_extremes(np.float32([[[1, 2, 3]]]))
    (array([[1.]], dtype=float32), array([[3.]], dtype=float32))
    """
    return segments.min(axis=2), segments.max(axis=2)


@has_compiled(compiled.segment_sums)
def segment_sums(segments: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the sum and the sum of squares of each segment.

    Parameters
    ----------
    segments : ndarray, shape (channels, segments, samples), float32

    Returns
    -------
    total, energy : ndarray, shape (channels, segments), float32

    Examples
    --------
    >>> segment_sums(np.float32([[[1, 2, 3]]]))
    (array([[6.]], dtype=float32), array([[14.]], dtype=float32))
    """
    return segments @ np.ones(segments.shape[2], dtype=np.float32), np.vecdot(segments, segments)


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


@has_compiled(compiled.stereo_product)
def stereo_product(segments: FloatArray) -> float:
    """Return the sum of products of the first two channels.

    Parameters
    ----------
    segments : ndarray, shape (2, segments, samples), float32

    Examples
    --------
    >>> stereo_product(np.float32([[[1, 2]], [[3, 4]]]))
    11.0
    """
    return float(np.vecdot(segments[0], segments[1]).sum(dtype=np.float64))


def downmix_sums(segments: FloatArray, downmix: FloatArray) -> list[float]:
    """Return the sums of a stereo downmix: left, right, their squares, and their product.

    Parameters
    ----------
    segments : ndarray, shape (channels, segments, samples), float32
    downmix : ndarray, shape (2, channels), float32
        Gains of the channels in left and right.

    Examples
    --------
    >>> downmix_sums(np.float32([[[1, 2]]]), np.float32([[1], [2]]))
    [3.0, 6.0, 5.0, 20.0, 10.0]
    """
    left, right = np.tensordot(downmix, segments, axes=(1, 0))
    products = (left, right, left * left, right * right, left * right)
    return [float(each.sum(dtype=np.float64)) for each in products]


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
