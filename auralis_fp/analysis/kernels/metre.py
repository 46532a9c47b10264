"""Features of candidate beat periods: tempograms at metrical multiples, folded profiles and cross-spectra."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray

BEATS: Final = 4  # of the folded profile
STEPS: Final = 12  # of the folded profile per beat: sixteenths and triplets
_ORDERS: Final = np.arange(1, BEATS * STEPS // 2 + 1)  # harmonics of the profile
_CYCLES: Final = np.outer(_ORDERS, np.arange(BEATS * STEPS)) / (BEATS * STEPS)
_COSINES: Final = (2 * np.cos(2 * np.pi * _CYCLES)).astype(np.float32)
_SINES: Final = (2 * np.sin(2 * np.pi * _CYCLES)).astype(np.float32)
_LEAST_MEAN: Final = 1e-3


def folded_profiles(spectra: NDArray[np.complex64], means: FloatArray, bins: NDArray[np.int64]) -> FloatArray:
    """Fold windows of onset-strength curves by four beats of each candidate period.

    Parameters
    ----------
    spectra : ndarray, shape (bands, windows, bins), complex64
        Spectra of the tapered windows, with the phase at the centre of the window, relative to the sum of the taper.
    means : ndarray, shape (bands, windows), float32
        Means of the windows.
    bins : ndarray, shape (candidates, 24), int64
        Bins of the multiples of the frequency of four beats.

    Returns
    -------
    ndarray, shape (bands, windows, candidates, 48), float32
        Relative to the mean of the window; zero where it is negative.

    Notes
    -----
    The profile is the Fourier series of the curve at the multiples of a quarter of the beat frequency:
    ``1 + 2 sum(Re(X[k] exp(2i pi k n / 48))) / mean``.

    References
    ----------
    Whiteley, N., Cemgil, A. T., & Godsill, S. (2006). Bayesian modelling of temporal structure in musical audio. ISMIR.

    Examples
    --------
    >>> spectra = np.zeros((1, 1, 60), dtype=np.complex64)
    >>> spectra[..., 8] = 0.5  # a cosine whose period is the beat: the fourth multiple
    >>> profile = folded_profiles(spectra, np.ones((1, 1), dtype=np.float32), 2 * np.arange(1, 25)[None])
    >>> profile[0, 0, 0, [0, 3, 6, 12]].round(2)
    array([2., 1., 0., 2.], dtype=float32)
    """
    found = spectra[:, :, bins]
    shape = (*found.shape[:3], BEATS * STEPS)
    flat = found.reshape(-1, len(_ORDERS))
    waves = (flat.real @ _COSINES - flat.imag @ _SINES).reshape(shape)
    profiles: FloatArray = np.maximum(1 + waves / np.maximum(means, np.float32(_LEAST_MEAN))[..., None, None], 0)
    return profiles


def align_profiles(profiles: FloatArray, beat_weights: FloatArray, bar_weights: FloatArray) -> FloatArray:
    """Rotate folded profiles so that the strongest place is the beat, and the beat with the strongest bass the first.

    Parameters
    ----------
    profiles : ndarray, shape (bands, ..., 48), float32
    beat_weights, bar_weights : ndarray, shape (bands,), float32
        Weights of the bands in the choice of the beat and of the first beat.

    Returns
    -------
    ndarray, shape (bands, ..., 4, 12), float32

    Examples
    --------
    >>> profile = np.zeros((1, 48), dtype=np.float32)
    >>> profile[0, [5, 17, 29, 41]] = 1, 1, 2, 1
    >>> align_profiles(profile, np.ones(1, np.float32), np.ones(1, np.float32))[0, :, 0]
    array([2., 1., 1., 1.], dtype=float32)
    """
    shape = (*profiles.shape[:-1], BEATS, STEPS)
    beats = np.tensordot(beat_weights, profiles.reshape(shape).sum(axis=-2), axes=1)
    blurred = beats + np.float32(0.5) * (np.roll(beats, 1, axis=-1) + np.roll(beats, -1, axis=-1))
    start = blurred.argmax(axis=-1)
    steps = (start[..., None] + np.arange(BEATS * STEPS)) % (BEATS * STEPS)
    turned = np.take_along_axis(profiles, steps[None], axis=-1).reshape(shape)
    first = np.tensordot(bar_weights, accents(turned), axes=1).argmax(axis=-1)
    order = (first[..., None] + np.arange(BEATS)) % BEATS
    aligned: FloatArray = np.take_along_axis(turned, order[None, ..., None], axis=-2)
    return aligned


def accents(profiles: FloatArray) -> FloatArray:
    """Return the strength at each beat of aligned profiles: the mean of the step and its neighbours.

    Parameters
    ----------
    profiles : ndarray, shape (..., 4, 12), float32

    Returns
    -------
    ndarray, shape (..., 4), float32

    Examples
    --------
    >>> accents(np.arange(48, dtype=np.float32).reshape(4, 12))
    array([16., 12., 24., 36.], dtype=float32)
    """
    before = np.roll(profiles[..., -1], 1, axis=-1)
    strengths: FloatArray = (before + profiles[..., 0] + profiles[..., 1]) / np.float32(3)
    return strengths


def cross_spectra(spectra: NDArray[np.complex64], pairs: NDArray[np.int64], bins: NDArray[np.int64]) -> FloatArray:
    """Return the coherence of pairs of bands at the multiples of candidate frequencies, averaged over windows.

    Parameters
    ----------
    spectra : ndarray, shape (bands, windows, bins), complex64
    pairs : ndarray, shape (pairs, 2), int64
        Indices of bands.
    bins : ndarray, shape (multiples, candidates), int64

    Returns
    -------
    ndarray, shape (pairs, multiples, candidates), float32
        1 where both bands are in phase, -1 where they alternate.

    Notes
    -----
    ``Re(sum(X conj(Y))) / sqrt(sum(|X|²) sum(|Y|²))`` over the windows. Bass and snare drums that alternate have the
    value -1 at half the beat frequency.

    Examples
    --------
    >>> spectra = np.ones((2, 1, 3), dtype=np.complex64)
    >>> spectra[1] = -1
    >>> cross_spectra(spectra, np.array([[0, 1]]), np.array([[2]]))
    array([[[-1.]]], dtype=float32)
    """
    found = spectra[:, :, bins]
    powers = (found.real**2 + found.imag**2).sum(axis=1)
    first, second = found[pairs[:, 0]], found[pairs[:, 1]]
    products = (first.real * second.real + first.imag * second.imag).sum(axis=1)
    scale = np.sqrt(powers[pairs[:, 0]] * powers[pairs[:, 1]])
    coherence: FloatArray = np.zeros(products.shape, dtype=np.float32)
    np.divide(products, scale, out=coherence, where=scale > np.finfo(np.float32).tiny * 1e8)
    return coherence
