"""How few pitch classes hold the energy."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .longterm import LongTermSpectrum
from .lowspectra import LowSpectra
from .measured import FloatArray
from .spectra import Grid, LowRates, Spectra

_LOWEST_HZ: Final = 60.0
_HIGHEST_HZ: Final = 5000.0
_STEPS: Final = 3  # of a semitone in which profiles are kept until the tuning is known
_FINE: Final = 12 * _STEPS
_FRAME: Final = 4096  # samples at about 11 kHz: 0.37 s


class Chroma:
    """Gathers pitch-class profiles: one each 0.37 s, low notes from frames long enough to tell them apart.

    Below about 1 kHz the long spectra (1.5 s) of the low-rate signal are used, above it frames of 0.37 s.
    """

    def __init__(self, grid: Grid, pairs: int, long_term: LongTermSpectrum) -> None:
        rates = LowRates(grid)
        self._long_term = long_term
        self._short = LowSpectra(rates.middle_rate, _FRAME, _FRAME // 2, pairs, batch=8)
        long = long_term.long
        self._low_matrix = _folding(long.frequencies, long.bin_width_hz, long_term.unshelved)
        frequencies = self._short.frequencies
        share: FloatArray = 1 - rates.low_share(frequencies)
        share /= np.maximum(rates.middle_share(frequencies), np.float32(0.01))
        self._high_matrix = _folding(frequencies, self._short.bin_width_hz, share)
        self._low: list[FloatArray] = []
        self._high: list[FloatArray] = []

    def feed(self, spectra: Spectra, long_powers: list[FloatArray]) -> None:
        """Take the next spectra, and the long spectra of the low-rate signal they completed."""
        self.feed_long(long_powers)
        self._high += [power @ self._high_matrix for power in self._short.feed(spectra.middle)]

    def feed_long(self, long_powers: list[FloatArray]) -> None:
        """Take long spectra alone, at the end of the stream."""
        self._low += [power @ self._low_matrix for power in long_powers]

    def finish(self) -> float | None:
        """Return the concentration, 0 (twelve classes alike) to 1 (one class); None for silence."""
        self._high += [power @ self._high_matrix for power in self._short.flush()]
        low, high = np.concatenate(self._low)[1:], np.concatenate(self._high)
        count = min(len(low), len(high) // 2)
        fine = low[:count] + high[: 2 * count].reshape(count, 2, _FINE).mean(axis=1)
        if not fine.any():
            return None
        return concentration(pitch_classes(fine.astype(np.float64)))


def _folding(frequencies: FloatArray, width_hz: float, gain: FloatArray) -> FloatArray:
    """Return the matrix that sums bins into thirds of semitones of one octave, shape (bins, 36); C comes first."""
    edges = np.concatenate((frequencies - width_hz / 2, frequencies[-1:] + width_hz / 2)).astype(np.float64)
    edges = np.clip(edges, _LOWEST_HZ, _HIGHEST_HZ)
    matrix = np.zeros((len(frequencies), _FINE), dtype=np.float32)
    middle_c = 261.6255653
    first = int(np.floor(_FINE * np.log2(_LOWEST_HZ / middle_c))) - 1
    last = int(np.ceil(_FINE * np.log2(_HIGHEST_HZ / middle_c))) + 1
    for step in range(first, last):
        low, high = middle_c * 2 ** (np.array([step - 0.5, step + 0.5]) / _FINE)
        inside = np.clip(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0, None)
        matrix[:, step % _FINE] += (inside / width_hz).astype(np.float32)
    return matrix * gain[:, None]


def pitch_classes(fine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return profiles of 12 classes, their borders moved to where the track's tuning has them.

    Parameters
    ----------
    fine : ndarray, shape (profiles, 36)
        Energy in thirds of semitones.

    Returns
    -------
    ndarray, shape (profiles, 12)
    """
    places = np.arange(_FINE)
    direction = (fine.sum(axis=0) * np.exp(2j * np.pi * places / _STEPS)).sum()
    tuning = np.angle(direction) / (2 * np.pi) * _STEPS  # in thirds, -1.5 to 1.5
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
