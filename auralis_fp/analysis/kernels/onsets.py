"""Frame-to-frame comparisons behind onset strength and novelty curves."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled

LAG: Final = 2  # frames between the compared spectra, whose windows then hardly overlap
_RISE: Final = 2.0  # 3 dB


@has_compiled(compiled.log_flux)
def log_flux(powers: FloatArray) -> FloatArray:
    """Return the spectral flux of log power: the positive differences over two frames, summed over bands.

    Parameters
    ----------
    powers : ndarray, shape (frames + 2, bands), float32
        Positive; *bands* a multiple of four.

    Returns
    -------
    ndarray, shape (frames,), float32
        Octaves of power.

    Notes
    -----
    One logarithm is taken of the product of four ratios; with a relative floor it stays within the range of float32.

    References
    ----------
    Böck, S., Krebs, F., & Schedl, M. (2012). Evaluating the online capabilities of onset detection methods. ISMIR.

    Examples
    --------
    >>> log_flux(np.float32([[1, 1, 1, 1], [1, 1, 1, 1], [2, 4, 1, 0.5]]))
    array([3.], dtype=float32)
    """
    ratios = np.maximum(powers[LAG:] / powers[:-LAG], 1)
    for _ in range(2):
        half = ratios.shape[1] // 2
        ratios = ratios[:, :half] * ratios[:, half:]
    flux: FloatArray = np.log2(ratios).sum(axis=1)
    return flux


def grouped_log_flux(powers: FloatArray, first_bands: tuple[int, ...]) -> FloatArray:
    """Return the spectral flux of log power in groups of bands.

    Parameters
    ----------
    powers : ndarray, shape (frames + 2, bands), float32
        Positive.
    first_bands : tuple of int
        First band of each group.

    Returns
    -------
    ndarray, shape (frames, groups), float32
        Octaves of power.

    Examples
    --------
    >>> grouped_log_flux(np.float32([[1, 1, 1], [1, 1, 1], [2, 4, 8]]), (0, 1))
    array([[1., 5.]], dtype=float32)
    """
    logs = np.log2(powers)
    flux: FloatArray = np.add.reduceat(np.maximum(logs[LAG:] - logs[:-LAG], 0), first_bands, axis=1)
    return flux


def any_band_rising(powers: FloatArray) -> NDArray[np.bool_]:
    """Return True for each frame in which a band has risen by at least 3 dB over two frames.

    Parameters
    ----------
    powers : ndarray, shape (frames + 2, bands), float32

    Returns
    -------
    ndarray, shape (frames,), bool

    Examples
    --------
    >>> any_band_rising(np.float32([[1, 1], [1, 1], [1, 3]]))
    array([ True])
    """
    rising: NDArray[np.bool_] = np.any(powers[LAG:] >= _RISE * powers[:-LAG], axis=1)
    return rising


@has_compiled(compiled.positive_differences)
def positive_differences(values: FloatArray, lag: int) -> FloatArray:
    """Return the positive differences over *lag* frames, summed over bins.

    Parameters
    ----------
    values : ndarray, shape (frames + lag, bins), float32
    lag : int

    Returns
    -------
    ndarray, shape (frames,), float32

    References
    ----------
    Müller, M. (2015). Fundamentals of Music Processing, section 6.1 (novelty functions).

    Examples
    --------
    >>> positive_differences(np.float32([[1, 1], [3, 0]]), 1)
    array([2.], dtype=float32)
    """
    differences: FloatArray = np.maximum(values[lag:] - values[:-lag], 0).sum(axis=1)
    return differences


@has_compiled(compiled.shape_change)
def shape_change(shapes: FloatArray, lag: int, bins: int) -> FloatArray:
    """Return how much of each frame's spectral shape was not there *lag* frames before.

    Parameters
    ----------
    shapes : ndarray, shape (frames + lag, columns), float32
        Magnitudes of each frame divided by their root sum of squares: narrow bins first, then bands.
    lag : int
    bins : int
        Number of narrow bins.

    Returns
    -------
    ndarray, shape (frames,), float32
        0 for an unchanged shape, 1 for an entirely new one.

    Notes
    -----
    The root of the sum of squared rises over the maximum of the earlier frame's neighbouring columns: two bins or one
    band to each side. The maximum hides vibrato and slides, the normalisation tremolo and beating.

    References
    ----------
    Böck, S., & Widmer, G. (2013). Maximum filter vibrato suppression for onset detection. DAFx.

    Examples
    --------
    >>> shapes = np.float32([[1, 0, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1]])
    >>> shape_change(shapes, 1, 6)
    array([0., 1.], dtype=float32)
    """
    highest = shapes[:-lag].copy()
    _spread(highest[:, :bins], shapes[:-lag, :bins], 2)
    _spread(highest[:, bins:], shapes[:-lag, bins:], 1)
    rises = np.subtract(shapes[lag:], highest, out=highest)
    np.maximum(rises, 0, out=rises)
    change: FloatArray = np.sqrt(np.einsum("fb,fb->f", rises, rises))
    return change


def _spread(highest: FloatArray, values: FloatArray, reach: int) -> None:
    """Raise each column of *highest* to the maximum of the columns of *values* within *reach*, in place."""
    for step in range(1, reach + 1):
        np.maximum(highest[:, step:], values[:, :-step], out=highest[:, step:])
        np.maximum(highest[:, :-step], values[:, step:], out=highest[:, :-step])
