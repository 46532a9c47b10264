"""How much of the energy is held notes, how much hits: median-filter separation."""

from typing import Final

import numpy as np

from ..spectrum.stft import Spectra, STFTGrid
from ..types import FloatArray
from .median_filter import Codes, medians_over_columns, medians_over_rows

_TIME_WINDOW: Final = 16  # frames of 23 ms: 0.37 s; two neighbouring frames share a window
_FREQUENCY_WINDOW: Final = 32  # bins of 21.5 Hz: 690 Hz; four neighbouring bins share a window
_MARGIN: Final = (_FREQUENCY_WINDOW - 4) // 2
_WAIT: Final = (_TIME_WINDOW - 2) // 2
_AT_ONCE: Final = 256  # frames
_LOWER_HZ: Final = 10_000.0  # above, most music holds too little energy to move the share
_LEAST_UPPER: Final = 0.01  # share of the energy from which what lies above is separated too
_SHIFT: Final = 21  # keeps exponent and two bits of the mantissa of a float32: steps of about 0.75 dB
_LOWEST_CODE: Final = np.uint32((127 + 20) * 4 + 3 - 255)  # the highest is +60 dBFS; this is 192 dB under it


def _write_codes(power: FloatArray, out: Codes) -> None:
    """Write power on a logarithmic scale in 256 steps; medians of codes are codes of medians."""
    steps = power.view(np.uint32) >> np.uint32(_SHIFT)
    np.maximum(steps, _LOWEST_CODE, out=steps)
    steps -= _LOWEST_CODE
    np.minimum(steps, np.uint32(255), out=out, casting="unsafe")


def _squared_powers(codes: Codes) -> FloatArray:
    """Return the squares of the powers that codes stand for, the same factor too low."""
    bits = codes.astype(np.uint32)
    bits += _LOWEST_CODE
    bits <<= np.uint32(_SHIFT)
    power: FloatArray = bits.view(np.float32)
    power *= power
    return power


def _each_four_times(values: FloatArray) -> FloatArray:
    """Return each value four times, one beside the other."""
    twice = values.view(np.uint32).astype(np.uint64)
    twice |= twice << np.uint64(32)
    fours = np.empty((*values.shape, 2), dtype=np.uint64)
    fours[..., 0] = fours[..., 1] = twice
    repeated: FloatArray = fours.view(np.float32).reshape(len(values), -1)
    return repeated


class HPSS:
    """Gathers the harmonic share of the energy (Fitzgerald 2010).

    In each bin the median over time (0.37 s) stands for what is held, the median over frequency (690 Hz) for what is
    hit; a Wiener mask (power 2) shares the bin's energy between them. Medians are taken on a logarithmic scale of 256
    steps of 0.75 dB, one over time for two frames and one over frequency for four bins. What lies above 10 kHz is
    looked at where it holds a hundredth of the energy or more.
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._bins = 4 * (min(grid.bins - 1, round(_LOWER_HZ / grid.bin_width_hz)) // 4)
        self._all_bins = 4 * ((grid.bins - 1) // 4)
        rows = _AT_ONCE + 2 * _WAIT
        self._codes: Codes = np.empty((rows, self._bins + 2 * _MARGIN), dtype=np.uint8)
        self._powers: FloatArray = np.empty((rows, self._all_bins), dtype=np.float32)
        self._filled = _WAIT  # rows; the first ones are what lies before the frames at hand
        self._begun = False
        self._harmonic = 0.0
        self._total = 0.0

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        power, taken = spectra.power[:, 1 : self._all_bins + 1], 0
        while taken < len(power):
            step = min(len(power) - taken, len(self._codes) - self._filled)
            self._keep(power[taken : taken + step])
            taken += step
            if self._filled == len(self._codes):
                self._begin()
                self._separate(self._codes, self._powers, _AT_ONCE)
                self._filled = 2 * _WAIT
                self._codes[: self._filled] = self._codes[_AT_ONCE:]
                self._powers[: self._filled] = self._powers[_AT_ONCE:]

    def finish(self) -> float | None:
        """Return the harmonic share, 0 to 1; None for silence."""
        left = self._filled - _WAIT
        if left:
            self._begin()
            rows = ((0, _WAIT + left % 2), (0, 0))
            codes = np.pad(self._codes[: self._filled], rows, "symmetric")
            self._separate(codes, np.pad(self._powers[: self._filled], rows, "symmetric"), left)
        return self._harmonic / self._total if self._total > 0 else None

    def _keep(self, power: FloatArray) -> None:
        """Put frames beside those that wait, with what lies at both ends of the codes mirrored beyond them."""
        rows, edge = slice(self._filled, self._filled + len(power)), _MARGIN
        codes = self._codes[rows]
        _write_codes(power[:, : self._bins], codes[:, edge:-edge])
        codes[:, :edge] = codes[:, 2 * edge - 1 : edge - 1 : -1]
        codes[:, -edge:] = codes[:, -edge - 1 : -2 * edge - 1 : -1]
        self._powers[rows] = power
        self._filled = rows.stop

    def _begin(self) -> None:
        """Mirror the first frames before them, once."""
        if not self._begun:
            self._begun = True
            rows, before = slice(_WAIT, self._filled), ((_WAIT, 0), (0, 0))
            self._codes[:_WAIT] = np.pad(self._codes[rows], before, "symmetric")[:_WAIT]
            self._powers[:_WAIT] = np.pad(self._powers[rows], before, "symmetric")[:_WAIT]

    def _separate(self, codes: Codes, powers: FloatArray, count: int) -> None:
        """Share out the energy of *count* frames; both arrays have ``_WAIT`` more before, and as many or one after."""
        inner = powers[_WAIT:-_WAIT]
        if count < len(inner):
            inner = np.concatenate((inner[:count], np.zeros_like(inner[count:])))
        self._share_out(codes, inner[:, : self._bins])
        upper = inner[:, self._bins :]
        if upper.sum() > _LEAST_UPPER * inner.sum():
            upper_powers = powers[:, self._bins - _MARGIN :]
            upper_codes: Codes = np.empty(upper_powers.shape, dtype=np.uint8)
            _write_codes(upper_powers, upper_codes)
            self._share_out(np.pad(upper_codes, ((0, 0), (0, _MARGIN)), "symmetric"), upper)

    def _share_out(self, codes: Codes, powers: FloatArray) -> None:
        """Share out the energy of bins; *codes* has ``_MARGIN`` more below and above them."""
        held = _squared_powers(medians_over_rows(codes, _TIME_WINDOW)[:, _MARGIN:-_MARGIN])[:, None, :]
        hits = _squared_powers(medians_over_columns(codes[_WAIT:-_WAIT], _FREQUENCY_WINDOW))
        both = _each_four_times(hits).reshape(len(held), 2, -1)
        both += held
        masks = np.divide(held, both, out=both).reshape(powers.shape)
        masks *= powers
        self._harmonic += float(masks.sum())
        self._total += float(powers.sum())
