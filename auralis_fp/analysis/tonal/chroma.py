"""How few pitch classes hold the energy."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.ltas import deshelving_gain
from ..spectrum.stft import Spectra, STFTGrid, SubbandRates
from ..spectrum.subband_stft import SubbandSTFT, bin_frequencies, mirrored
from ..types import FloatArray, Series, kept

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 5000.0
_STEPS: Final = 3  # of a semitone in which profiles are kept until the tuning is known
_FINE: Final = 12 * _STEPS
_MIDDLE_C_HZ: Final = 261.6255653
_AT_ONCE: Final = 1024  # profiles
_FRAME: Final = 4096  # samples at about 11 kHz: 0.37 s; at about 2.8 kHz: 1.5 s


class Chroma:
    """Gathers pitch-class profiles: one each 0.37 s, low notes from frames long enough to tell them apart.

    Below about 1 kHz frames of 1.5 s of the low-rate signal are used, above it frames of 0.37 s.
    """

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        rates = SubbandRates(grid)
        self._long = SubbandSTFT(rates.low_rate, _FRAME, _FRAME // 4, pairs, batch=16)
        self._short = SubbandSTFT(rates.middle_rate, _FRAME, _FRAME // 2, pairs, batch=32)
        self._low_matrix, self._high_matrix = _matrices(grid)
        nothing: FloatArray = np.empty((0, _FINE), dtype=np.float32)
        self._low, self._high, self._odd = nothing, nothing, nothing  # what waits for its counterpart
        self._first = True
        self._fine = Series(_FINE)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        self._take(self._long.feed(spectra.low), self._short.feed(spectra.middle))

    def _take(self, long: Iterable[FloatArray], short: Iterable[FloatArray]) -> None:
        """Keep the sums of the low part and of the means of two and two of the high part, which come twice as often."""
        for power in long:
            low = power @ self._low_matrix
            self._low = np.concatenate((self._low, low[1:] if self._first else low))
            self._first = False
        for power in short:
            high = np.concatenate((self._odd, power @ self._high_matrix))
            pairs = len(high) // 2
            means = high[: 2 * pairs].reshape(pairs, 2, _FINE).mean(axis=1)
            self._high, self._odd = np.concatenate((self._high, means)), high[2 * pairs :]
        count = min(len(self._low), len(self._high))
        if count:
            self._fine.append((self._low[:count] + self._high[:count]).T)
            self._low, self._high = self._low[count:], self._high[count:]

    def finish(self) -> float | None:
        """Return the concentration, 0 (twelve classes alike) to 1 (one class); None for silence."""
        self._take(self._long.flush(), self._short.flush())
        fine = self._fine.take().T
        if not fine.any():
            return None
        tuning = tuning_of(fine)
        parts = [fine[start : start + _AT_ONCE] for start in range(0, len(fine), _AT_ONCE)]
        shares = [concentration(pitch_classes(part.astype(np.float64), tuning)) for part in parts if part.any()]
        energies = [float(part.sum(dtype=np.float64)) for part in parts if part.any()]
        return float(np.average(shares, weights=energies))


@lru_cache(maxsize=2)
def _matrices(grid: STFTGrid) -> tuple[FloatArray, FloatArray]:
    """Return what folds the long and the short spectra of files at one sample rate."""
    low, high = (
        bin_frequencies(rate, _FRAME) for rate in (SubbandRates(grid).low_rate, SubbandRates(grid).middle_rate)
    )
    share: FloatArray = 1 - SubbandRates.low_share(high)
    share /= np.maximum(SubbandRates.middle_share(high), np.float32(0.01))
    return _folding(low, deshelving_gain(low, grid.sample_rate)), _folding(high, share)


def _folding(frequencies: FloatArray, gain: FloatArray) -> FloatArray:
    """Return the matrix that sums bins into thirds of semitones of one octave; C comes first.

    Returns
    -------
    ndarray, shape (2 · bins, 36)
        For both bins of each frequency.
    """
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
    return kept(mirrored((matrix * gain[:, None]).T).T.copy())


def tuning_of(fine: FloatArray) -> float:
    """Return how far a track is tuned above (below, if negative) 440 Hz, in thirds of semitones, -1.5 to 1.5."""
    direction = fine.sum(axis=0, dtype=np.float64) @ np.exp(2j * np.pi * np.arange(_FINE) / _STEPS)
    return float(np.angle(direction) / (2 * np.pi) * _STEPS)


def pitch_classes(fine: NDArray[np.float64], tuning: float) -> NDArray[np.float64]:
    """Return profiles of 12 classes, their borders moved to where the track's tuning has them.

    Parameters
    ----------
    fine : ndarray, shape (profiles, 36)
        Energy in thirds of semitones.
    tuning : float
        In thirds of semitones.

    Returns
    -------
    ndarray, shape (profiles, 12)
    """
    wrapped = np.concatenate((fine[:, -_STEPS:], fine, fine[:, :_STEPS]), axis=1)
    cumulative = np.concatenate((np.zeros((len(fine), 1)), np.cumsum(wrapped, axis=1)), axis=1)
    borders = (
        _STEPS + np.arange(13) * _STEPS - 1 + tuning
    )  # third 0 begins at column 3; a class begins one third before
    whole = np.floor(borders).astype(int)
    part = borders - whole
    at_borders = cumulative[:, whole] * (1 - part) + cumulative[:, whole + 1] * part
    return np.diff(at_borders, axis=1)


def concentration(profiles: NDArray[np.float64]) -> float:
    """Return 1 - H / ln 12 of each profile, averaged with the energies as weights.

    Parameters
    ----------
    profiles : ndarray, shape (profiles, 12)
        Energies, not all zero.
    """
    energy = profiles.sum(axis=1)
    profiles, energy = profiles[energy > 0], energy[energy > 0]
    shares = np.clip(profiles / energy[:, None], 1e-12, 1)
    entropy = -(shares * np.log(shares)).sum(axis=1)
    return float(np.clip(np.average(1 - entropy / np.log(12), weights=energy), 0, 1))
