"""Following one pitch: YIN on the autocorrelation that the spectra hold."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..spectrum.autocorrelation import frame_correlation, window_correlation
from ..spectrum.stft import MIDDLE_POINTS, Spectra, STFTGrid, SubbandRates
from ..types import FloatArray, Series, kept
from .pitch_refinement import hann_correlation, refined_periods

_LOWEST_HZ: Final = 55.0
_HIGHEST_HZ: Final = 2000.0
_TOLERANCE: Final = 2 ** (1 / 48)  # a quarter of a semitone beyond the range is a tone on its edge
_THRESHOLD: Final = 0.15
_FINE_STEPS: Final = 4  # in which each sample of short lags is looked at: a sample is much of a short period ...
_FINE_UP_TO: Final = 25  # ... up to this many
_LONG: Final = 0.2  # of a frame: periods from here on are refined
_DOUBTFUL_HZ: Final = 66.0  # under this even the dip of a steady tone may stay over the threshold ...
_DOUBTFUL: Final = 0.3  # ... but not over this
_RANGE_DB: Final = 40.0
_HALVING_CENTS: Final = 50.0  # a median change of this much between frames halves the value
_SILENCE_POWER: Final = 1e-7


class PitchTracker:
    """YIN (de Cheveigné & Kawahara 2002) over 55-2000 Hz, all channels together.

    The autocorrelation of each frame is the transform of its power up to about 5 kHz; divided by that of the window it
    stands for the signal's own, and the difference function is what it lacks to the power.

    Parameters
    ----------
    grid : STFTGrid
    channels : int
        Whose power the spectra sum up.
    """

    def __init__(self, grid: STFTGrid, channels: int) -> None:
        self._rate = SubbandRates(grid).middle_rate
        self._silence = _SILENCE_POWER * channels
        self._channels = channels
        self._lags = int(self._rate / _LOWEST_HZ * _TOLERANCE) + 2
        self._doubtful = int(self._rate / _DOUBTFUL_HZ)
        fine = _fine_lags(int(self._rate / _HIGHEST_HZ))
        bins = min(grid.bins, MIDDLE_POINTS // 2)
        self._matrix = _matrix(bins, self._lags + 5, int(self._rate / _HIGHEST_HZ))
        self._grid = np.concatenate((fine, np.arange(_FINE_UP_TO, self._lags + 2)))  # lags that are looked at
        self._whole, self._share = (fine - 1).astype(np.int64), ((fine - 1) % 1).astype(np.float32)
        # what the difference at a lag has to be under, over the sum of differences up to it
        self._threshold = (_THRESHOLD / self._grid).astype(np.float32)
        self._frames = Series(2)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        pitches: FloatArray = np.zeros(len(spectra.power), dtype=np.float32)
        sounding = spectra.total >= self._silence
        lowest = spectra.power[:, : len(self._matrix)]
        lowest = lowest if sounding.all() else lowest[sounding]
        if len(lowest):
            pitches[sounding] = self._pick(lowest, lowest @ self._matrix)
        self._frames.append(np.stack((spectra.total / np.float32(self._channels), pitches)))

    def finish(self) -> float | None:
        """Return the pitch stability, 0 to 1; None if all is silent."""
        powers, pitches = self._frames.take()
        sounding = powers >= _SILENCE_POWER
        if not sounding.any():
            return None
        near = powers >= powers.max() * 10 ** (-_RANGE_DB / 10)
        voiced = (pitches > 0) & near & sounding
        both = voiced[1:] & voiced[:-1]
        if not both.any():
            return 0.0
        cents = np.abs(1200 * np.log2(pitches[1:][both] / pitches[:-1][both]))
        return float(voiced.sum() / sounding.sum() / (1 + np.median(cents) / _HALVING_CENTS))

    def pitches(self) -> FloatArray:
        """Return the pitch of each frame so far in Hz, 0 where there is none."""
        pitches: FloatArray = self._frames.values[1]
        return pitches

    def _pick(self, power: FloatArray, both: FloatArray) -> FloatArray:
        """Return the pitch of each frame, 0 where there is none, of the differences at whole and at fine lags.

        The first dip of the normalised difference under the threshold is the period; the dip at a multiple of it, some
        hundred samples on, tells it more finely.
        """
        difference, fine = both[:, : self._lags + 5], both[:, self._lags + 5 :]
        sums = np.cumsum(difference[:, 1 : self._lags + 2], axis=1)
        up_to = sums[:, self._whole] * (1 - self._share) + sums[:, self._whole + 1] * self._share
        looked_at = np.concatenate((fine, difference[:, _FINE_UP_TO : self._lags + 2]), axis=1)
        limits = np.concatenate((up_to, sums[:, _FINE_UP_TO - 1 :]), axis=1) * self._threshold
        under = looked_at[:, :-1] < limits[:, :-1]
        found = np.flatnonzero(under.any(axis=1))
        dips = under[found]
        dips &= looked_at[found, :-1] * limits[found, 1:] <= looked_at[found, 1:] * limits[found, :-1]
        held = dips.any(axis=1)
        found, dips = found[held], dips[held]
        periods = np.full(len(power), np.inf)
        if len(found):
            periods[found] = self._periods(difference[found], self._grid[dips.argmax(axis=1)])
        self._look_twice(power, difference, sums, periods)
        pitch = self._rate / periods
        inside = (pitch >= _LOWEST_HZ / _TOLERANCE) & (pitch <= _HIGHEST_HZ * _TOLERANCE)
        return np.where(inside, pitch, 0).astype(np.float32)

    def _periods(self, difference: FloatArray, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the periods whose dips lie at *lags*, in samples."""
        multiple = np.maximum(1, self._lags // 2 // lags)
        return _vertex(difference, _lowest_near(difference, multiple * lags)) / multiple

    def _look_twice(
        self, power: FloatArray, difference: FloatArray, sums: FloatArray, periods: NDArray[np.float64]
    ) -> None:
        """Refine the long ones of the periods, and find those whose dip the few periods of a frame have blurred.

        The fewest periods differ by where they lie in a frame: neighbouring frames are taken together.
        """
        lags = np.arange(self._doubtful, self._lags + 2)
        depths, limits = difference[:, lags] * lags, sums[:, lags - 1] * np.float32(_DOUBTFUL)
        doubtful = np.flatnonzero(np.isinf(periods) & (depths < limits).any(axis=1))
        long = np.flatnonzero(np.isfinite(periods) & (periods >= _LONG * MIDDLE_POINTS))
        if not len(long) + len(doubtful):
            return
        first = lags[(depths[doubtful] / limits[doubtful]).argmin(axis=1)]
        frames, guesses = np.concatenate((long, doubtful)), np.concatenate((periods[long], first))
        powers, few = power[frames], guesses >= self._doubtful
        powers[few] = sum(power[each] for each in _around(frames[few], len(power))) / np.float32(5)
        refined, heights = refined_periods(powers, guesses, MIDDLE_POINTS)
        periods[long] = refined[: len(long)]
        longer, at_zero = refined[len(long) :], 2 / MIDDLE_POINTS * powers[len(long) :].sum(axis=1)
        mean_sums = sums[_around(doubtful, len(sums)), first - 1].mean(axis=0)
        steady = (at_zero - heights[len(long) :]) * longer < _THRESHOLD * mean_sums
        periods[doubtful] = np.where(steady, longer, np.inf)


def _around(frames: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return each of *frames* and two on either side, of so many, shape (5, frames)."""
    around: NDArray[np.int64] = np.clip(frames + np.arange(-2, 3)[:, None], 0, count - 1)
    return around


def _fine_lags(first: int) -> NDArray[np.float64]:
    return np.arange(first * _FINE_STEPS, _FINE_UP_TO * _FINE_STEPS) / _FINE_STEPS


@lru_cache(maxsize=2)
def _matrix(bins: int, lags: int, first: int) -> FloatArray:
    """Return what makes the lowest bins' power of a frame its differences at whole and at fine lags."""
    return kept(np.concatenate((_difference_matrix(bins, lags), _fine_matrix(bins, _fine_lags(first))), axis=1))


def _fine_matrix(bins: int, lags: NDArray[np.float64]) -> FloatArray:
    """Return what makes the lowest bins' power of a frame its difference at lags between samples."""
    cosines = np.cos(2 * np.pi / MIDDLE_POINTS * np.outer(np.arange(bins), lags))
    differences = 2 / MIDDLE_POINTS * (1 - cosines / hann_correlation(lags / MIDDLE_POINTS))
    return np.asarray(differences, dtype=np.float32)


def _difference_matrix(bins: int, lags: int) -> FloatArray:
    """Return what makes the lowest bins' power of a frame its difference function, shape (bins, lags)."""
    window = window_correlation(MIDDLE_POINTS)
    correlation = frame_correlation(np.eye(bins, dtype=np.float32), MIDDLE_POINTS)[:, :lags] / window[:lags]
    # A frame's correlation is circular: into long lags that of the rest of the frame is mixed. Where the lag is the
    # period, that rest correlates like the rest less one more period, which is known.
    first = (MIDDLE_POINTS - lags + 2) // 2
    mixed = np.arange(first, lags)
    gain = window[MIDDLE_POINTS - mixed] / window[mixed]
    correlation[:, mixed] -= gain * correlation[:, MIDDLE_POINTS - 2 * mixed]
    return correlation[:, :1] - correlation


def _lowest_near(difference: FloatArray, lags: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the lag of the lowest difference within two samples of each given one."""
    around = np.rint(lags).astype(np.int64)[:, None] + np.arange(-2, 3)
    frames = np.arange(len(around))
    lowest = difference[frames[:, None], around].argmin(axis=1)
    lags_found: NDArray[np.int64] = around[frames, lowest]
    return lags_found


def _vertex(difference: FloatArray, lag: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the place of the bottom of the parabola through a dip and its neighbours."""
    frames = np.arange(len(difference))[:, None]
    before, at, after = difference[frames, lag[:, None] + np.arange(-1, 2)].T.astype(np.float64)
    curvature = before - 2 * at + after
    shift = (before - after) / np.where(curvature > 0, 2 * curvature, np.inf)
    vertex: NDArray[np.float64] = lag + np.clip(shift, -1, 1)
    return vertex
