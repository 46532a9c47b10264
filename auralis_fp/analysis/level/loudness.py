"""Loudness after ITU-R BS.1770-4 and EBU Tech 3342."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.overlap_save import OverlapSaveFilter
from ..spectrum.stft import HIGHEST_HZ, Spectra, STFTGrid, SubbandRates
from ..types import FloatArray
from .energy_blocks import BlockEnergies
from .kweighting import KWeighting

Energies = NDArray[np.float64]

ABSOLUTE_GATE_LUFS: Final = -70.0  # ITU-R BS.1770-4, annex 1
RELATIVE_GATE_LU: Final = -10.0
SHORT_TERM_GATE_LU: Final = -20.0  # EBU Tech 3342
SILENCE_LUFS: Final = -70.0
_OFFSET_LUFS: Final = -0.691
STEP_SEC: Final = 0.1
_BLOCK_STEPS: Final = 4  # 400 ms at 75 % overlap
_SHORT_TERM_STEPS: Final = 30  # 3 s


class Loudness:
    """K-weighted power in steps of 100 ms, and what the standards make of it.

    Parameters
    ----------
    steps : ndarray, shape (steps,)
        K-weighted mean square of consecutive 100 ms, summed over channels with their weights.
    """

    def __init__(self, steps: Energies) -> None:
        self._steps = steps

    def integrated(self) -> float:
        """Return the integrated loudness in LUFS (ITU-R BS.1770-4), -70 for what is silent or under 400 ms."""
        blocks = _moving_mean(self._steps, _BLOCK_STEPS)
        blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
        if not blocks.size:
            return SILENCE_LUFS
        blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE_LU]
        return max(SILENCE_LUFS, float(_lufs(blocks.mean())))

    def gated_short_term(self) -> Energies:
        """Return the short-term loudness values (3 s, every 100 ms) that pass the gates of EBU Tech 3342, in LUFS."""
        powers = _moving_mean(self._steps, _SHORT_TERM_STEPS)
        powers = powers[_lufs(powers) > ABSOLUTE_GATE_LUFS]
        if not powers.size:
            return powers
        loudness = _lufs(powers)
        return loudness[loudness > _lufs(powers.mean()) + SHORT_TERM_GATE_LU]


class LoudnessMeter:
    """Gathers K-weighted power: below about 1 kHz from the filtered low-rate signal, above from the spectra.

    A short frame's bins are too wide where the high-pass is steep; the low-rate signal is filtered as such.
    """

    def __init__(self, grid: STFTGrid, weights: list[float]) -> None:
        weighting, share = KWeighting(grid.sample_rate), SubbandRates.low_share(grid.frequencies)
        response = np.abs(weighting.both(grid.frequencies)) ** 2
        self._gain = ((1 - share) * response * grid.hop_sec).astype(np.float32)
        beyond = np.array([HIGHEST_HZ], dtype=np.float32)  # from here on the weighting is flat
        self._beyond_gain = np.float32(abs(weighting.both(beyond))[0] ** 2 * grid.hop_sec)
        self._frames: FloatArray = np.zeros((3, 1), dtype=np.float32)  # those whose neighbours are still to come
        self._high = BlockEnergies(STEP_SEC, grid.hop_sec, -grid.hop_sec / 2)
        rate = SubbandRates(grid).low_rate
        self._filter = OverlapSaveFilter(rate, weighting.high_pass, weights)
        self._low = BlockEnergies(STEP_SEC, self._filter.step_sec, 0.0)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        high = spectra.weighted @ self._gain + spectra.beyond * self._beyond_gain
        self._take(np.stack((high, spectra.square, spectra.windowed)))
        for energies in self._filter.feed(spectra.low):
            self._low.add(energies)

    def finish(self, duration_sec: float) -> Loudness:
        """Return the loudness of the whole file."""
        self._take(np.zeros((3, 1), dtype=np.float32))
        for energies in self._filter.flush():
            self._low.add(energies)
        count = int(duration_sec / STEP_SEC + 1e-6)
        return Loudness((self._high.finish(count) + self._low.finish(count)) / STEP_SEC)

    def _take(self, frames: FloatArray) -> None:
        """Take the weighted high part of frames, and their mean squares as they are and windowed, shape (3, frames)."""
        high, square, windowed = joined = np.concatenate((self._frames, frames), axis=1)
        self._frames = joined[:, -2:]
        self._high.add(high[1:-1] * _balance(square, windowed))


def _balance(square: FloatArray, windowed: FloatArray) -> Energies:
    """Return what the power of each frame but the first and the last lacks, or has too much of.

    Windows at half overlap weigh a short sound by where it lies in them; the energy of the samples themselves, over
    three frames, tells by how much.
    """
    around = np.ones(3)
    true, seen = np.convolve(square, around, "valid"), np.convolve(windowed, around, "valid")
    lack: Energies = np.divide(true, seen, out=np.ones_like(seen), where=seen > 0)
    return lack


def _moving_mean(steps: Energies, length: int) -> Energies:
    if len(steps) < length:
        return np.empty(0)
    means: Energies = np.lib.stride_tricks.sliding_window_view(steps, length).mean(axis=1)
    return means


def _lufs(power: "Energies | np.float64") -> "Energies":
    """Return K-weighted power in LUFS."""
    return np.asarray(_OFFSET_LUFS + 10 * np.log10(np.maximum(power, 1e-12)))
