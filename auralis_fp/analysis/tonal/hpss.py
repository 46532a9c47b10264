"""Harmonic-percussive source separation (HPSS) by median filtering."""

from typing import Final

import numpy as np

from ..kernels import hpss as kernels
from ..kernels.hpss import FREQUENCY_MARGIN, TIME_MARGIN, write_codes
from ..kernels.median_filter import Codes
from ..spectrum.grid import STFTGrid
from ..spectrum.stft import Spectra
from ..types import FloatArray

_BATCH: Final = 256  # frames
_SPLIT_HZ: Final = 10_000.0  # above, most music holds too little energy to change the ratio
_LEAST_UPPER: Final = 0.01  # share of the energy above the split from which it is separated too


class HPSS:
    """Accumulate the harmonic share of the energy (Fitzgerald 2010; ``librosa.decompose.hpss``).

    The median over time (0.37 s) estimates the harmonic part of each bin, the median over frequency (690 Hz) the
    percussive part; a Wiener mask (power 2) divides the energy between them. The medians are computed on a logarithmic
    scale of 256 steps of 0.75 dB, one over time for two frames and one over frequency for four bins.

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._bins = 4 * (min(grid.n_bins - 1, round(_SPLIT_HZ / grid.bin_width_hz)) // 4)
        self._all_bins = 4 * ((grid.n_bins - 1) // 4)
        rows = _BATCH + 2 * TIME_MARGIN
        self._codes: Codes = np.empty((rows, self._bins + 2 * FREQUENCY_MARGIN), dtype=np.uint8)
        self._powers: FloatArray = np.empty((rows, self._all_bins), dtype=np.float32)
        self._filled = TIME_MARGIN  # rows; the first ones precede the frames of the batch
        self._begun = False
        self._harmonic = 0.0
        self._total = 0.0

    def separate(self, spectra: Spectra) -> None:
        """Separate a chunk of frames."""
        power, taken = spectra.power[:, 1 : self._all_bins + 1], 0
        while taken < len(power):
            step = min(len(power) - taken, len(self._codes) - self._filled)
            self._append(power[taken : taken + step])
            taken += step
            if self._filled == len(self._codes):
                self._mirror_start()
                self._separate_rows(self._codes, self._powers, _BATCH)
                self._filled = 2 * TIME_MARGIN
                self._codes[: self._filled] = self._codes[_BATCH:]
                self._powers[: self._filled] = self._powers[_BATCH:]

    def harmonic_ratio(self) -> float | None:
        """Separate the remaining frames and return the harmonic share, 0 to 1; None for silence."""
        left = self._filled - TIME_MARGIN
        if left:
            self._mirror_start()
            rows = ((0, TIME_MARGIN + left % 2), (0, 0))
            codes = np.pad(self._codes[: self._filled], rows, "symmetric")
            self._separate_rows(codes, np.pad(self._powers[: self._filled], rows, "symmetric"), left)
        return self._harmonic / self._total if self._total > 0 else None

    def _append(self, power: FloatArray) -> None:
        """Append frames to the batch; mirror the codes at both ends of the spectrum."""
        rows, edge = slice(self._filled, self._filled + len(power)), FREQUENCY_MARGIN
        codes = self._codes[rows]
        write_codes(power[:, : self._bins], codes[:, edge:-edge])
        codes[:, :edge] = codes[:, 2 * edge - 1 : edge - 1 : -1]
        codes[:, -edge:] = codes[:, -edge - 1 : -2 * edge - 1 : -1]
        self._powers[rows] = power
        self._filled = rows.stop

    def _mirror_start(self) -> None:
        """Mirror the first frames of the file, once."""
        if not self._begun:
            self._begun = True
            rows, before = slice(TIME_MARGIN, self._filled), ((TIME_MARGIN, 0), (0, 0))
            self._codes[:TIME_MARGIN] = np.pad(self._codes[rows], before, "symmetric")[:TIME_MARGIN]
            self._powers[:TIME_MARGIN] = np.pad(self._powers[rows], before, "symmetric")[:TIME_MARGIN]

    def _separate_rows(self, codes: Codes, powers: FloatArray, count: int) -> None:
        """Separate *count* frames; both arrays hold ``TIME_MARGIN`` rows before them and at least as many after."""
        inner = powers[TIME_MARGIN:-TIME_MARGIN]
        if count < len(inner):
            inner = np.concatenate((inner[:count], np.zeros_like(inner[count:])))
        lower_total = self._accumulate(codes, inner[:, : self._bins])
        upper = inner[:, self._bins :]
        upper_total = float((upper @ np.ones(upper.shape[1], dtype=np.float32)).sum(dtype=np.float64))
        if upper_total > _LEAST_UPPER * (lower_total + upper_total):
            upper_powers = powers[:, self._bins - FREQUENCY_MARGIN :]
            upper_codes: Codes = np.empty(upper_powers.shape, dtype=np.uint8)
            write_codes(upper_powers, upper_codes)
            self._accumulate(np.pad(upper_codes, ((0, 0), (0, FREQUENCY_MARGIN)), "symmetric"), upper)

    def _accumulate(self, codes: Codes, powers: FloatArray) -> float:
        """Add the energies of a part of the spectrum; return its total energy."""
        harmonic, total = kernels.harmonic_energy(codes, powers)
        self._harmonic += harmonic
        self._total += total
        return total
