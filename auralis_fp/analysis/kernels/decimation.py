"""Decimation by overlap-add of the lowest STFT bins."""

import numpy as np
from scipy import fft

from ..types import ComplexArray, FloatArray


def overlap_add_band(
    z: ComplexArray,
    gains: FloatArray,
    tail: FloatArray,
    out: ComplexArray,
    scratch: FloatArray,
    *,
    remove_dc: bool,
) -> None:
    """Reconstruct a decimated sub-band by overlap-add of the lowest bins of half-overlapping frames.

    Parameters
    ----------
    z : ndarray, shape (frames, frame_length), complex64
        Transforms of Hann-windowed frames.
    gains : ndarray, shape (4 · bins - 2,), float32
        Gain of each bin, each twice: those from 0 up, then those below 0 from the lowest up.
    tail : ndarray, shape (points,), float32
        Second half of the latest frame, as interleaved parts; updated.
    out : ndarray, shape (frames · points / 2,), complex64
        Receives the samples of the sub-band.
    scratch : ndarray, shape (>= 2 · frames · points,), float32
        Working memory.
    remove_dc : bool
        Whether each frame loses its mean, which would leak into the lowest bins of shorter frames.

    Notes
    -----
    Half-overlapping Hann windows sum to a constant, so the sum of the inverse transforms is the band-limited signal.

    References
    ----------
    Allen, J. B. (1977). Short term spectral analysis, synthesis, and modification by discrete Fourier transform.
    IEEE TASSP 25(3).

    Examples
    --------
    >>> frames = np.tile(np.hanning(9)[:-1], (3, 1))
    >>> z = np.fft.fft(frames).astype(np.complex64)
    >>> gains = np.full(6, 0.5, dtype=np.float32)
    >>> out, scratch = np.empty(6, dtype=np.complex64), np.empty(24, dtype=np.float32)
    >>> overlap_add_band(z, gains, np.zeros(4, dtype=np.float32), out, scratch, remove_dc=False)
    >>> out.real.round(3)
    array([0. , 0.5, 1. , 1. , 1. , 1. ], dtype=float32)
    """
    count, points, bins = len(z), len(tail), (len(gains) + 2) // 4
    band: ComplexArray = scratch[: 2 * count * points].view(np.complex64).reshape(count, points)
    parts, band_parts = z.view(np.float32), band.view(np.float32)
    np.multiply(parts[:, : 2 * bins], gains[: 2 * bins], out=band_parts[:, : 2 * bins])
    np.multiply(parts[:, 2 - 2 * bins :], gains[2 * bins :], out=band_parts[:, 2 - 2 * bins :])
    band[:, bins : points + 1 - bins] = 0
    if remove_dc:  # a Hann-windowed constant has half its amplitude, negated, in the bins on either side
        band[:, 1] += band[:, 0] / 2
        band[:, -1] += band[:, 0] / 2
        band[:, 0] = 0
    pieces = fft.ifft(band, overwrite_x=True).view(np.float32)
    samples = out.view(np.float32).reshape(count, points)
    np.add(pieces[0, :points], tail, out=samples[0])
    np.add(pieces[1:, :points], pieces[:-1, points:], out=samples[1:])
    tail[:] = pieces[-1, points:]
