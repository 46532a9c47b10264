"""Pitch tracking with YIN on the autocorrelation of the STFT."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels import pitch as kernels
from ..kernels.period_search import STEPS
from ..kernels.pitch import COARSE_FROM, THRESHOLD
from ..kernels.pitch_stability import steadiness
from ..kernels.windows import hann_autocorrelation
from ..level.silence import SilenceGate
from ..spectrum.autocorrelation import frame_autocorrelation
from ..spectrum.decimation import MID_POINTS, SubbandRates
from ..spectrum.grid import SILENCE_POWER, STFTGrid
from ..spectrum.stft import Spectra
from ..types import FloatArray, GrowableArray, readonly
from .pitch_refinement import correlation_tables

_LOWEST_HZ: Final = 55.0
_HIGHEST_HZ: Final = 2000.0
_TOLERANCE: Final = 2 ** (1 / 48)  # a pitch up to a quarter of a semitone outside the range counts as on its edge
_DOUBTFUL_HZ: Final = 66.0  # below, even the dip of a steady tone may stay above the threshold
_FUNDAMENTAL: Final = 1e-3  # 30 dB below the frame; a chord has nothing at the period its notes share
_SIDE_FRAMES: Final = 5  # with those on the other side a quarter of a second: more than a period of vibrato
_SHORTEST_FRAMES: Final = 5  # of a note: 0.12 s
_HALVING_CENTS: Final = 25.0  # a pitch that moves over this range in them counts half


class PitchTracker:
    """Track one pitch with YIN (de Cheveigné & Kawahara 2002) over 55-2000 Hz, all channels summed.

    The autocorrelation of a frame is the inverse transform of its power up to about 5 kHz, divided by that of the
    window; the difference function is the power minus this autocorrelation.

    Parameters
    ----------
    grid : STFTGrid
    channels : int
        Channels whose power the spectra sum.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._rate = SubbandRates(grid).mid_rate
        self._silence = SILENCE_POWER * channels
        shortest, longest = int(self._rate / _HIGHEST_HZ), int(self._rate / _LOWEST_HZ * _TOLERANCE) + 2
        self._whole_lags = longest + 5
        self._doubtful_from = int(self._rate / _DOUBTFUL_HZ)
        bins = min(grid.n_bins, MID_POINTS // 2)
        self._matrix = _difference_matrices(bins, self._whole_lags, shortest)
        self._tables = correlation_tables(bins, MID_POINTS)
        coarse = np.arange(COARSE_FROM, longest + 2, dtype=np.float64)
        self._lags = np.concatenate((_fine_lags(shortest), coarse))
        self._limits = (THRESHOLD / self._lags).astype(np.float32)
        self._hop_sec, self._bin_width_hz = grid.hop_sec, grid.bin_width_hz
        self._pitches = GrowableArray()

    def track(self, spectra: Spectra) -> None:
        """Estimate the pitch of each frame of a chunk."""
        pitches: FloatArray = np.zeros(len(spectra.power), dtype=np.float32)
        sounding = spectra.total >= self._silence
        lowest = spectra.power[:, : len(self._matrix)]
        lowest = lowest if sounding.all() else lowest[sounding]
        if len(lowest):
            pitches[sounding] = self._estimate(lowest, spectra.total[sounding])
        self._pitches.append(pitches)

    def stability(self, gate: SilenceGate) -> float | None:
        """Return the pitch stability, 0 to 1; None for silence."""
        pitches = self._pitches.take()
        sounding = gate.sounding(np.arange(len(pitches)) * self._hop_sec)
        if not sounding.any():
            return None
        voiced = (pitches > 0) & sounding
        cents = np.where(voiced, 1200 * np.log2(np.where(voiced, pitches, 1)), 0)
        return float(steadiness(cents, voiced, _SIDE_FRAMES, _SHORTEST_FRAMES, _HALVING_CENTS) / sounding.sum())

    def pitches(self) -> FloatArray:
        """Return the pitch of each frame so far in Hz, 0 for unvoiced frames."""
        return self._pitches.values

    def _estimate(self, power: FloatArray, total: FloatArray) -> FloatArray:
        """Return the pitch of each frame in Hz, 0 for unvoiced frames, from its spectrum and its whole power."""
        both = power @ self._matrix
        difference, fine = both[:, : self._whole_lags], both[:, self._whole_lags :]
        periods, cumulative = kernels.yin_periods(difference, fine, self._lags, self._limits)
        kernels.refine_long_periods(power, difference, cumulative, periods, self._doubtful_from, *self._tables)
        pitch = self._rate / periods
        inside = (pitch >= _LOWEST_HZ / _TOLERANCE) & (pitch <= _HIGHEST_HZ * _TOLERANCE)
        found = np.flatnonzero(inside)
        lowest = kernels.power_near(power, found, pitch[found] / self._bin_width_hz)
        found = found[lowest >= _FUNDAMENTAL * total[found]]
        pitches: FloatArray = np.zeros(len(power), dtype=np.float32)
        pitches[found] = pitch[found]
        return pitches


def _fine_lags(first: int) -> NDArray[np.float64]:
    """Return the quarter-sample lags from *first* samples on."""
    return np.arange(first * STEPS, COARSE_FROM * STEPS) / STEPS


@lru_cache(maxsize=2)
def _difference_matrices(bins: int, lags: int, first: int) -> FloatArray:
    """Return the matrix that turns power into the difference function at whole lags, then at fine lags."""
    return readonly(np.concatenate((_whole_matrix(bins, lags), _fine_matrix(bins, _fine_lags(first))), axis=1))


def _fine_matrix(bins: int, lags: NDArray[np.float64]) -> FloatArray:
    """Return the matrix that turns power into the difference function at quarter-sample lags, shape (bins, lags)."""
    cosines = np.cos(2 * np.pi / MID_POINTS * np.outer(np.arange(bins), lags))
    differences = 2 / MID_POINTS * (1 - cosines / hann_autocorrelation(lags / MID_POINTS))
    return np.asarray(differences, dtype=np.float32)


def _whole_matrix(bins: int, lags: int) -> FloatArray:
    """Return the matrix that turns power into the difference function at whole lags, shape (bins, lags)."""
    window = hann_autocorrelation(np.arange(MID_POINTS) / MID_POINTS).astype(np.float32)
    correlation = frame_autocorrelation(np.eye(bins, dtype=np.float32), MID_POINTS)[:, :lags] / window[:lags]
    # The autocorrelation is circular: at long lags it also contains that of the rest of the frame. Where the lag is the
    # period, this rest correlates like the rest less one more period, which is known.
    first = (MID_POINTS - lags + 2) // 2
    mixed = np.arange(first, lags)
    gain = window[MID_POINTS - mixed] / window[mixed]
    correlation[:, mixed] -= gain * correlation[:, MID_POINTS - 2 * mixed]
    return correlation[:, :1] - correlation
