"""Onset-strength preprocessing, tempograms and onset rate."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled
from .windows import hann, transform_length

FOURIER_POINTS: Final = 1 << 12
_SMOOTHING_FRAMES: Final = 1.5
_SILENT: Final = 1e-6
_LEAST_PEAK: Final = 0.1  # relative to the highest of a window; lower peaks are no onsets
_LEAST_RATE: Final = 0.1  # onsets per second


def detrend(curves: FloatArray, mean_frames: int) -> FloatArray:
    """Subtract the local mean of onset-strength curves, keep what is positive, and smooth it over 1.5 frames.

    Parameters
    ----------
    curves : ndarray, shape (bands, frames), float32
    mean_frames : int
        Length of the local mean.

    Returns
    -------
    ndarray, shape (bands, frames), float32

    Examples
    --------
    >>> curve = np.zeros((1, 9), dtype=np.float32)
    >>> curve[0, 4] = 1
    >>> int(detrend(curve, 5).argmax())
    4
    """
    smooth: FloatArray = gaussian_filter1d(
        np.maximum(curves - uniform_filter1d(curves, mean_frames, axis=1, mode="nearest"), 0),
        _SMOOTHING_FRAMES,
        axis=1,
    )
    return smooth


@has_compiled(compiled.autocorrelation_tempogram)
def autocorrelation_tempogram(windows: FloatArray, lags: int) -> NDArray[np.float64]:
    """Return the normalised autocorrelation of windows of an onset-strength curve.

    Parameters
    ----------
    windows : ndarray, shape (windows, frames), float32
        Without their means.
    lags : int
        Longest lag, in frames.

    Returns
    -------
    ndarray, shape (windows, min(lags, frames - 1) + 1), float64
        1 where the window repeats exactly after the lag.

    Notes
    -----
    ``sum(x[n] x[n + t]) / sqrt(sum(x[n]²) sum(x[n + t]²))`` over the frames that both cover.

    References
    ----------
    Grosche, P., Müller, M., & Kurth, F. (2010). Cyclic tempogram - a mid-level tempo representation. ICASSP.

    Examples
    --------
    >>> autocorrelation_tempogram(np.float32([[1, -1, 1, -1]]), 2).round(3)
    array([[ 1., -1.,  1.]])
    """
    length = windows.shape[1]
    lags = min(lags, length - 1)
    points = transform_length(length + lags + 1)
    spectrum = fft.rfft(windows, points, axis=1)
    products = fft.irfft(spectrum.real**2 + spectrum.imag**2, points, axis=1)[:, : lags + 1]
    energy = np.zeros((len(windows), length + 1))
    np.cumsum(windows.astype(np.float64) ** 2, axis=1, out=energy[:, 1:])
    head, tail = energy[:, length - lags :][:, ::-1], energy[:, -1:] - energy[:, : lags + 1]
    scale = np.sqrt(head * tail)
    correlation: NDArray[np.float64] = np.zeros(products.shape)
    np.divide(products, scale, out=correlation, where=scale > 1e-9 * energy[:, -1:])
    return correlation


def centred_spectra(windows: FloatArray) -> NDArray[np.complex64]:
    """Return the spectra of tapered windows of an onset-strength curve, with the phase at the centre of the window.

    Parameters
    ----------
    windows : ndarray, shape (windows, frames), float32
        Without their means.

    Returns
    -------
    ndarray, shape (windows, FOURIER_POINTS / 2 + 1), complex64
        A cosine of amplitude 1 that peaks at the centre has 0.5 at its frequency.

    References
    ----------
    Grosche, P., Müller, M., & Kurth, F. (2010). Cyclic tempogram - a mid-level tempo representation. ICASSP.

    Examples
    --------
    >>> pulse = np.cos(2 * np.pi * (np.arange(513) - 256) / 64).astype(np.float32)
    >>> spectrum = centred_spectra(pulse[None])[0]
    >>> int(np.abs(spectrum).argmax()) == FOURIER_POINTS // 64
    True
    >>> complex(spectrum[64].round(2))
    (0.5+0j)
    """
    taper, centre = _taper(windows.shape[1])
    spectra: NDArray[np.complex64] = fft.rfft(windows * taper, FOURIER_POINTS, axis=1)
    spectra *= centre
    return spectra


@lru_cache(maxsize=2)
def _taper(length: int) -> tuple[FloatArray, NDArray[np.complex64]]:
    """Return the taper of a window, and the factors that turn the phase of its spectrum to its centre and scale it."""
    taper = hann(length, periodic=False).astype(np.float32)
    turns = np.arange(FOURIER_POINTS // 2 + 1) * ((length - 1) / 2 / FOURIER_POINTS)
    return taper, (np.exp(2j * np.pi * turns) / taper.sum()).astype(np.complex64)


def log_onset_rate(windows: FloatArray, seconds: float) -> NDArray[np.float64]:
    """Return the binary logarithm of the onset rate of windows of an onset-strength curve.

    Parameters
    ----------
    windows : ndarray, shape (..., frames), float32
    seconds : float
        Length of a window.

    Returns
    -------
    ndarray, shape (...), float64
        log2 of onsets per second, at least log2(0.1).

    Notes
    -----
    The number of equal peaks with the same sum and the same sum of square roots as those found:
    ``(sum sqrt(h))² / sum h``.

    Examples
    --------
    >>> log_onset_rate(np.float32([0, 1, 0, 0, 1, 0, 0]), 1.0)
    array(1.)
    """
    here, before, after = windows[..., 1:-1], windows[..., :-2], windows[..., 2:]
    least = np.maximum(np.float32(_LEAST_PEAK) * windows.max(axis=-1, keepdims=True), np.float32(1e-9))
    heights = np.where((here > before) & (here >= after) & (here > least), here, 0)
    total, roots = heights.sum(axis=-1, dtype=np.float64), np.sqrt(heights).sum(axis=-1, dtype=np.float64)
    count = np.divide(roots**2, total, out=np.zeros_like(total), where=total > 0)
    rate: NDArray[np.float64] = np.asarray(np.log2(np.maximum(count / seconds, _LEAST_RATE)))
    return rate
