"""Sample statistics of segments."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray

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
