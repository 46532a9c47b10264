"""Frame-to-frame comparisons behind onset strength and novelty curves."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled

LAG: Final = 2  # frames between the compared spectra, whose windows then hardly overlap
_RISE: Final = 2.0  # 3 dB
_LEAST: Final = np.finfo(np.float32).tiny * np.float32(1e8)  # powers relative to less would overflow


class BandSplit(NamedTuple):
    """Division of bands, and what is added to their relative power before it is compared.

    Parameters
    ----------
    narrow : int
        Number of narrow bands, a multiple of four; the wide bands follow.
    groups : tuple of int
        First narrow band of each group, 0 first.
    flux_floor, group_floor : float
        For the flux of all narrow bands, and for that of the groups; at least 1e-7.
    wide_floor : float
        For the total and the wide bands.
    """

    narrow: int
    groups: tuple[int, ...]
    flux_floor: float
    group_floor: float
    wide_floor: float


@has_compiled(compiled.onset_changes)
def onset_changes(
    bands: FloatArray, previous: FloatArray, loudest: float, split: BandSplit
) -> tuple[FloatArray, float]:
    """Compare the power of bands with that two frames before, relative to the loudest frame so far.

    Parameters
    ----------
    bands : ndarray, shape (frames, narrow + wide), float32
        Power; at least one frame.
    previous : ndarray, shape (2, narrow + 1 + wide), float32
        Relative powers of the two frames before: narrow bands, total, wide bands; updated.
    loudest : float
        Highest total of the frames before; the total is the sum of the wide bands.
    split : BandSplit

    Returns
    -------
    changes : ndarray, shape (3 + groups, frames), float32
        Flux, see `log_flux`; flux of each group, see `grouped_log_flux`; total; 1 where the total or a wide band has
        risen by 3 dB, see `any_band_rising`.
    loudest : float
        Highest total so far.

    Examples
    --------
    >>> previous = np.float32([[0, 0, 0, 0, 0, 0], [0.25, 0, 0, 0, 1, 1]])
    >>> split = BandSplit(4, (0, 2), 1e-6, 1e-6, 1e-4)
    >>> changes, loudest = onset_changes(np.float32([[0, 0, 0, 0, 1], [4, 0, 0, 0, 4]]), previous, 1.0, split)
    >>> changes.round(1), loudest
    (array([[0., 2.],
           [0., 2.],
           [0., 0.],
           [1., 4.],
           [1., 0.]], dtype=float32), 4.0)
    """
    narrow = split.narrow
    total = bands[:, narrow:].sum(axis=1)
    highest = np.maximum(np.maximum.accumulate(total), np.float32(loudest))
    relative = np.concatenate((bands[:, :narrow], total[:, None], bands[:, narrow:]), axis=1)
    relative /= np.maximum(highest, _LEAST)[:, None]
    powers = np.concatenate((previous, relative), dtype=np.float32)
    previous[...] = powers[-LAG:]
    flux = log_flux(powers[:, :narrow] + np.float32(split.flux_floor))
    group_flux = grouped_log_flux(powers[:, :narrow] + np.float32(split.group_floor), split.groups)
    rising = any_band_rising(powers[:, narrow:] + np.float32(split.wide_floor))
    changes: FloatArray = np.stack((flux, *group_flux.T, total, rising)).astype(np.float32)
    return changes, float(highest[-1])


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


@has_compiled(compiled.note_novelty)
def note_novelty(
    notes: FloatArray,
    bands: FloatArray,
    reference: FloatArray,
    magnitudes: FloatArray,
    shapes: FloatArray,
    bass: int,
    floor: float,
) -> FloatArray:
    """Return the rises of the notes' magnitudes, and the change of the spectral shape.

    Parameters
    ----------
    notes : ndarray, shape (frames, bins), float32
        Power of the bins that hold notes.
    bands : ndarray, shape (frames, bands), float32
        Power of the bands above them.
    reference : ndarray, shape (frames,), float32
        Amplitude that the magnitudes are divided by; positive.
    magnitudes : ndarray, shape (lag, bins), float32
        Relative magnitudes of the frames before; updated.
    shapes : ndarray, shape (shape_lag, bins + bands), float32
        Shapes of the frames before, see `shape_change`; updated.
    bass : int
        Number of bins that hold bass notes; they come first.
    floor : float
        Frames whose relative magnitudes have a smaller root sum of squares are divided by it.

    Returns
    -------
    ndarray, shape (3, frames), float32
        Rises of the bass notes and of all notes, see `positive_differences`; see `shape_change`.

    Examples
    --------
    >>> magnitudes, shapes = np.zeros((1, 2), dtype=np.float32), np.zeros((1, 3), dtype=np.float32)
    >>> notes, bands = np.float32([[9, 16]]), np.float32([[0]])
    >>> note_novelty(notes, bands, np.float32([10]), magnitudes, shapes, 1, 1e-3).round(1)
    array([[0.3],
           [0.7],
           [1. ]], dtype=float32)
    >>> shapes
    array([[0.6, 0.8, 0. ]], dtype=float32)
    """
    relative = np.divide(np.sqrt(np.concatenate((notes, bands), axis=1)), reference[:, None], dtype=np.float32)
    notes = np.concatenate((magnitudes, relative[:, : notes.shape[1]]))
    norms = np.sqrt(np.einsum("fb,fb->f", relative, relative))
    relative /= np.maximum(norms, np.float32(floor))[:, None]
    relative = np.concatenate((shapes, relative))
    bass_rises = positive_differences(notes[:, :bass], len(magnitudes))
    rises = bass_rises + positive_differences(notes[:, bass:], len(magnitudes))
    change = shape_change(relative, len(shapes), notes.shape[1])
    magnitudes[...], shapes[...] = notes[-len(magnitudes) :], relative[-len(shapes) :]
    return np.stack((bass_rises, rises, change))


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
