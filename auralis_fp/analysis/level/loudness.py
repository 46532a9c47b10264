"""Integrated and short-term loudness (ITU-R BS.1770-4, EBU Tech 3342)."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ... import schema
from ..kernels import loudness as kernels
from ..spectrum.decimation import SubbandRates
from ..spectrum.grid import HIGHEST_HZ, STFTGrid
from ..spectrum.overlap_save import OverlapSaveFilter
from ..spectrum.stft import Spectra
from ..types import FloatArray
from .energy_blocks import BlockEnergies
from .kweighting import KWeighting

Energies = NDArray[np.float64]

ABSOLUTE_GATE_LUFS: Final = -70.0  # ITU-R BS.1770-4, annex 1
RELATIVE_GATE_LU: Final = -10.0
SHORT_TERM_GATE_LU: Final = -20.0  # EBU Tech 3342
_OFFSET_LUFS: Final = -0.691
STEP_SEC: Final = 0.1
_BLOCK_STEPS: Final = 4  # 400 ms at 75 % overlap
_SHORT_TERM_STEPS: Final = 30  # 3 s


class Loudness:
    """Loudness of a file, from its K-weighted power in steps of 100 ms.

    Parameters
    ----------
    steps : ndarray, shape (steps,), float64
        K-weighted mean square of consecutive 100 ms, summed over channels with their weights.
    """

    def __init__(self, steps: Energies) -> None:
        self._steps = steps

    def integrated(self) -> float:
        """Return the integrated loudness in LUFS (ITU-R BS.1770-4); -70 for silence and for less than 400 ms."""
        silence = schema.BY_NAME["lufs"].neutral
        blocks = kernels.moving_mean(self._steps, _BLOCK_STEPS)
        blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
        if not blocks.size:
            return silence
        blocks = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE_LU]
        return max(silence, float(_lufs(blocks.mean())))

    def gated_short_term(self) -> Energies:
        """Return the short-term loudness (3 s, every 100 ms) of the windows that pass the gates, in LUFS."""
        powers = kernels.moving_mean(self._steps, _SHORT_TERM_STEPS)
        powers = powers[_lufs(powers) > ABSOLUTE_GATE_LUFS]
        if not powers.size:
            return powers
        loudness = _lufs(powers)
        return loudness[loudness > _lufs(powers.mean()) + SHORT_TERM_GATE_LU]


class LoudnessMeter:
    """Measure K-weighted power: below about 1 kHz in the filtered low sub-band, above in the STFT.

    STFT bins are too wide for the steep high-pass, so the sub-band is filtered in the time domain.

    Parameters
    ----------
    grid : STFTGrid
    weights : list of float
        Loudness weight of each pair of channels.
    """

    def __init__(self, grid: STFTGrid, weights: list[float]) -> None:
        self._gains, self._gain_above = _gains(grid)
        self._pending: FloatArray = np.zeros((3, 1), dtype=np.float32)  # frames whose neighbours are still missing
        self._high = BlockEnergies(STEP_SEC, grid.hop_sec, -grid.hop_sec / 2)
        rate = SubbandRates(grid).low_rate
        self._filter = OverlapSaveFilter(rate, KWeighting(grid.sample_rate).high_pass, weights)
        self._low = BlockEnergies(STEP_SEC, self._filter.step_sec, 0.0)

    def accumulate(self, spectra: Spectra) -> None:
        """Add the energies of a chunk of frames."""
        high = kernels.weighted_power(spectra.weighted, self._gains, spectra.power_above_20k, self._gain_above)
        self._add_high(np.stack((high, spectra.frame_energy, spectra.windowed_energy)))
        for energies in self._filter.filter(spectra.low_band):
            self._low.add(energies)

    def loudness(self, duration_sec: float) -> Loudness:
        """Return the loudness of the whole file."""
        self._add_high(np.zeros((3, 1), dtype=np.float32))
        for energies in self._filter.flush():
            self._low.add(energies)
        count = int(duration_sec / STEP_SEC + 1e-6)
        return Loudness((self._high.take(count) + self._low.take(count)) / STEP_SEC)

    def _add_high(self, frames: FloatArray) -> None:
        """Add frames, shape (3, frames): weighted power above 1 kHz, frame energy, windowed energy."""
        high, frame_energy, windowed_energy = joined = np.concatenate((self._pending, frames), axis=1)
        self._pending = joined[:, -2:]
        self._high.add(high[1:-1] * kernels.window_correction(frame_energy, windowed_energy))


def _lufs(power: "Energies | np.float64") -> "Energies":
    """Return K-weighted power in LUFS."""
    return np.asarray(_OFFSET_LUFS + 10 * np.log10(np.maximum(power, 1e-12)))


@lru_cache(maxsize=4)
def _gains(grid: STFTGrid) -> tuple[FloatArray, np.float32]:
    """Return the weights of the powers of the bins above the low sub-band, and of the power above 20 kHz."""
    weighting, share = KWeighting(grid.sample_rate), SubbandRates.low_share(grid.frequencies)
    response = np.abs(weighting.both(grid.frequencies)) ** 2
    above = np.array([HIGHEST_HZ], dtype=np.float32)  # the weighting is flat from here on
    gain_above = np.float32(abs(weighting.both(above))[0] ** 2 * grid.hop_sec)
    return ((1 - share) * response * grid.hop_sec).astype(np.float32), gain_above
