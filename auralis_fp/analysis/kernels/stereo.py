"""Stereo image in bands of the cross-spectrum."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import ComplexArray, FloatArray

_LOUDNESS_EXPONENT: Final = 0.23  # of the specific loudness in the power (Zwicker)
_THRESHOLD: Final = 1e-6  # 60 dB below the strongest band: inaudible beside it


def cross_spectrum(z: ComplexArray, power: FloatArray, bins: int) -> NDArray[np.float64]:
    """Return the energy and the product of left and right in each bin, summed over frames.

    Parameters
    ----------
    z : ndarray, shape (frames, points), complex64
        Transforms of ``L + iR``.
    power : ndarray, shape (frames, points), float32
        Their squared magnitudes.
    bins : int
        How many bins from bin 0 on; at most half the points.

    Returns
    -------
    ndarray, shape (2, bins), float64
        ``sum(|L|² + |R|²)`` and ``sum(Re(L R*))``; 0 in bin 0.

    Notes
    -----
    For real ``L`` and ``R``: ``|L[k]|² + |R[k]|² = (|Z[k]|² + |Z[-k]|²) / 2``, ``Re(L[k] R[k]*) = Im(Z[k] Z[-k]) / 2``.

    Examples
    --------
    >>> z = np.fft.fft(np.cos(np.pi / 2 * np.arange(8)) * (1 + 0.5j))[None].astype(np.complex64)
    >>> cross_spectrum(z, np.abs(z) ** 2, 4).round(3)
    array([[ 0.,  0., 20.,  0.],
           [ 0.,  0.,  8.,  0.]])
    """
    above, below = slice(1, bins), slice(None, -bins, -1)
    both: NDArray[np.float64] = np.zeros((2, bins))
    both[0, 1:] = (power[:, above].sum(axis=0) + power[:, below].sum(axis=0)) / 2
    both[1, 1:] = (z[:, above] * z[:, below]).sum(axis=0).imag / 2
    return both


def perceived_width(energy: NDArray[np.float64], product: NDArray[np.float64]) -> float:
    """Return the width of a stereo image: twice the side signal's share of each band, weighted by loudness.

    Parameters
    ----------
    energy : ndarray, shape (bands,), float64
        ``sum(L² + R²)`` of each auditory band, not all zero.
    product : ndarray, shape (bands,), float64
        ``sum(L R)`` of each band.

    Returns
    -------
    float
        0 (all sound in the centre) to 1 (side as strong as mid, or stronger).

    Notes
    -----
    ``sum(n min(1, 1 - 2 LR / (L² + R²))) / sum(n)``. The weight ``n`` follows Zwicker's specific loudness, the power
    of 0.23 of the energy, less its value 60 dB below the strongest band.

    References
    ----------
    Avendano, C., & Jot, J.-M. (2004). A frequency-domain approach to multichannel upmix. JAES 52(7/8).
    Zwicker, E., & Fastl, H. (1999). Psychoacoustics, chapter 8.

    Examples
    --------
    >>> perceived_width(np.array([2.0, 2.0]), np.array([1.0, 0.0]))
    0.5
    """
    relative = np.maximum(energy / energy.max(), _THRESHOLD)
    loudness = relative**_LOUDNESS_EXPONENT - _THRESHOLD**_LOUDNESS_EXPONENT
    side = np.divide(2 * product, energy, out=np.ones_like(energy), where=energy > 0)
    return float(np.clip(1 - side, 0, 1) @ loudness / loudness.sum())
