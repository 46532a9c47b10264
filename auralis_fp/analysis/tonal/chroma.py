"""Chroma: pitch-class profiles and how concentrated they are."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.decimation import SubbandRates
from ..spectrum.grid import STFTGrid
from ..spectrum.ltas import deshelving_gain
from ..spectrum.stft import Spectra
from ..spectrum.subband_stft import FINE_FRAME, SubbandSTFT, bin_frequencies
from ..types import FloatArray, GrowableArray, readonly

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 5000.0
_STEPS: Final = 3  # bins per semitone until the tuning is known
_FINE: Final = 12 * _STEPS
_MIDDLE_C_HZ: Final = 261.6255653
_BATCH: Final = 1024  # profiles
_LONG_FRAME: Final = 4096  # samples at about 2.8 kHz: 1.5 s


class Chroma:
    """Accumulate chroma profiles, one per 0.37 s, and measure their concentration.

    Below about 1 kHz frames of 1.5 s of the low sub-band resolve low notes; above it frames of 0.37 s are used.

    Parameters
    ----------
    grid : STFTGrid
    pairs : int
        Pairs of channels.
    """

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        rates = SubbandRates(grid)
        self._long = SubbandSTFT(rates.low_rate, _LONG_FRAME, _LONG_FRAME // 4, pairs, batch=16)
        self._low_matrix, self._high_matrix = _matrices(grid)
        empty: FloatArray = np.empty((0, _FINE), dtype=np.float32)
        self._low, self._high, self._odd = empty, empty, empty  # parts whose counterpart is still missing
        self._first = True
        self._fine = GrowableArray(_FINE)

    def accumulate(self, spectra: Spectra) -> None:
        """Add the low parts of the profiles of a chunk."""
        self._add_low(self._long.transform(spectra.low_band))

    def accumulate_fine(self, powers: FloatArray) -> None:
        """Add the high parts from spectra of `fine_stft`, shape (frames, FINE_FRAME / 2): means of every two frames."""
        high = np.concatenate((self._odd, powers @ self._high_matrix))
        pairs = len(high) // 2
        means = high[: 2 * pairs].reshape(pairs, 2, _FINE).mean(axis=1)
        self._high, self._odd = np.concatenate((self._high, means)), high[2 * pairs :]
        self._match()

    def concentration(self) -> float | None:
        """Return the chroma concentration, 0 (twelve equal classes) to 1 (one class); None for silence.

        All fine spectra must have been added.
        """
        self._add_low(self._long.flush())
        fine = self._fine.take().T
        if not fine.any():
            return None
        tuning = estimate_tuning(fine)
        parts = [fine[start : start + _BATCH] for start in range(0, len(fine), _BATCH)]
        shares = [concentration(pitch_classes(part.astype(np.float64), tuning)) for part in parts if part.any()]
        energies = [float(part.sum(dtype=np.float64)) for part in parts if part.any()]
        return float(np.average(shares, weights=energies))

    def _add_low(self, spectra: Iterable[FloatArray]) -> None:
        for power in spectra:
            low = power @ self._low_matrix
            self._low = np.concatenate((self._low, low[1:] if self._first else low))
            self._first = False
        self._match()

    def _match(self) -> None:
        """Add the low and high parts of the profiles that are complete."""
        count = min(len(self._low), len(self._high))
        if count:
            self._fine.append((self._low[:count] + self._high[:count]).T)
            self._low, self._high = self._low[count:], self._high[count:]


@lru_cache(maxsize=2)
def _matrices(grid: STFTGrid) -> tuple[FloatArray, FloatArray]:
    """Return the chroma filter banks of the low and the mid sub-band."""
    rates = SubbandRates(grid)
    low, high = bin_frequencies(rates.low_rate, _LONG_FRAME), bin_frequencies(rates.mid_rate, FINE_FRAME)
    share: FloatArray = 1 - SubbandRates.low_share(high)
    share /= np.maximum(SubbandRates.mid_share(high), np.float32(0.01))
    return _chroma_matrix(low, deshelving_gain(low, grid.sample_rate)), _chroma_matrix(high, share)


def _chroma_matrix(frequencies: FloatArray, gain: FloatArray) -> FloatArray:
    """Return the chroma filter bank with three bins per semitone, C first, shape (bins, 36)."""
    width_hz = float(frequencies[1])
    edges = np.concatenate((frequencies - width_hz / 2, frequencies[-1:] + width_hz / 2)).astype(np.float64)
    edges = np.clip(edges, _LOWEST_HZ, _HIGHEST_HZ)
    step = np.floor(_FINE * np.log2(edges / _MIDDLE_C_HZ) + 0.5).astype(np.int64)
    lower, upper, low, high = edges[:-1], edges[1:], step[:-1], step[1:]
    border = np.where(high > low, _MIDDLE_C_HZ * 2 ** ((high - 0.5) / _FINE), upper)  # bins are narrower than steps
    matrix = np.zeros((len(frequencies), _FINE), dtype=np.float32)
    bins = np.arange(len(frequencies))
    matrix[bins, low % _FINE] += ((border - lower) / width_hz).astype(np.float32)
    matrix[bins, high % _FINE] += ((upper - border) / width_hz).astype(np.float32)
    return readonly(matrix * gain[:, None])


def estimate_tuning(fine: FloatArray) -> float:
    """Estimate the deviation from A = 440 Hz tuning.

    Parameters
    ----------
    fine : ndarray, shape (profiles, 36), float32
        Energy in thirds of semitones, C first.

    Returns
    -------
    float
        In thirds of semitones, -1.5 to 1.5.

    Notes
    -----
    The phase of the energy's component with a period of one semitone.

    Examples
    --------
    >>> profile = np.zeros((1, 36), dtype=np.float32)
    >>> profile[0, 4] = 1  # a third of a semitone above C sharp
    >>> round(estimate_tuning(profile), 6)
    1.0
    """
    direction = fine.sum(axis=0, dtype=np.float64) @ np.exp(2j * np.pi * np.arange(_FINE) / _STEPS)
    return float(np.angle(direction) / (2 * np.pi) * _STEPS)


def pitch_classes(fine: NDArray[np.float64], tuning: float) -> NDArray[np.float64]:
    """Return 12-class chroma profiles corrected for tuning.

    Parameters
    ----------
    fine : ndarray, shape (profiles, 36), float64
        Energy in thirds of semitones, C first.
    tuning : float
        In thirds of semitones, see `estimate_tuning`.

    Returns
    -------
    ndarray, shape (profiles, 12), float64

    References
    ----------
    Fujishima, T. (1999). Realtime chord recognition of musical sound. ICMC.

    Examples
    --------
    >>> fine = np.zeros((1, 36))
    >>> fine[0, 4] = 2
    >>> pitch_classes(fine, 1.0)[0, :3]
    array([0., 2., 0.])
    """
    wrapped = np.concatenate((fine[:, -_STEPS:], fine, fine[:, :_STEPS]), axis=1)
    cumulative = np.concatenate((np.zeros((len(fine), 1)), np.cumsum(wrapped, axis=1)), axis=1)
    # bin 0 is in column 3; a class begins one bin below it
    borders = _STEPS + np.arange(13) * _STEPS - 1 + tuning
    whole = np.floor(borders).astype(int)
    part = borders - whole
    at_borders = cumulative[:, whole] * (1 - part) + cumulative[:, whole + 1] * part
    return np.diff(at_borders, axis=1)


def concentration(profiles: NDArray[np.float64]) -> float:
    """Return the mean concentration of chroma profiles, weighted by their energies.

    Parameters
    ----------
    profiles : ndarray, shape (profiles, 12), float64
        Energies, not all zero.

    Returns
    -------
    float
        0 (twelve equal classes) to 1 (one class).

    Notes
    -----
    ``1 - H / ln 12``, with ``H`` the Shannon entropy of the profile.

    Examples
    --------
    >>> round(concentration(np.eye(12)[:1]), 6), round(concentration(np.ones((1, 12))), 6)
    (1.0, 0.0)
    """
    energy = profiles.sum(axis=1)
    profiles, energy = profiles[energy > 0], energy[energy > 0]
    shares = np.clip(profiles / energy[:, None], 1e-12, 1)
    entropy = -(shares * np.log(shares)).sum(axis=1)
    return float(np.clip(np.average(1 - entropy / np.log(12), weights=energy), 0, 1))
