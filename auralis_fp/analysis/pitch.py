"""Following one pitch: YIN on the autocorrelation that the spectra hold."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .measured import FloatArray, Series
from .periodicity import frame_correlation, window_correlation
from .spectra import MIDDLE_POINTS, Grid, LowRates, Spectra

_LOWEST_HZ: Final = 55.0
_HIGHEST_HZ: Final = 2000.0
_THRESHOLD: Final = 0.15
_RANGE_DB: Final = 40.0
_HALVING_CENTS: Final = 50.0  # a median change of this much between frames halves the value
_SILENCE_POWER: Final = 1e-7


class PitchTracker:
    """YIN (de Cheveigné & Kawahara 2002) over 55-2000 Hz, all channels together.

    The autocorrelation of each frame is the transform of its power up to about 5 kHz; divided by that of the window it
    stands for the signal's own, and the difference function is what it lacks to the power.

    Parameters
    ----------
    grid : Grid
    channels : int
        Whose power the spectra sum up.
    """

    def __init__(self, grid: Grid, channels: int) -> None:
        self._rate = LowRates(grid).middle_rate
        self._silence = _SILENCE_POWER * channels
        self._channels = channels
        self._lags = int(self._rate / _LOWEST_HZ) + 2
        self._first_lag = max(2, int(self._rate / _HIGHEST_HZ))
        self._matrix = _difference_matrix(min(grid.bins, MIDDLE_POINTS // 2), self._lags + 5)
        lags = np.arange(1, self._lags + 2, dtype=np.float32)
        self._threshold = np.float32(_THRESHOLD) / lags  # of the difference, over its sum up to each lag
        self._frames = Series(2)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        pitches: FloatArray = np.zeros(len(spectra.power), dtype=np.float32)
        sounding = spectra.total >= self._silence
        lowest = spectra.power[:, : len(self._matrix)]
        difference = (lowest if sounding.all() else lowest[sounding]) @ self._matrix
        if len(difference):
            pitches[sounding] = self._pick(difference)
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

    def _pick(self, difference: FloatArray) -> FloatArray:
        """Return the pitch of each frame, 0 where there is none.

        The first dip of the normalised difference under the threshold is the period; the dip at a multiple of it, some
        hundred samples on, tells it more finely.
        """
        first, pitches = self._first_lag, np.zeros(len(difference), dtype=np.float32)
        sums = np.cumsum(difference[:, 1 : self._lags + 2], axis=1)
        under = difference[:, first : self._lags + 1] < sums[:, first - 1 : -1] * self._threshold[first - 1 : -1]
        found = np.flatnonzero(under.any(axis=1))
        if len(found):
            chosen, under = difference[found], under[found]
            normalised = chosen[:, first : self._lags + 2] / (sums[found, first - 1 :] * self._threshold[first - 1 :])
            dips = under & (normalised[:, :-1] <= normalised[:, 1:])
            held = dips.any(axis=1)
            found, chosen = found[held], chosen[held]
            period = _vertex(chosen, dips[held].argmax(axis=1) + first)
            multiple = np.maximum(1, self._lags // 2 // period)
            pitch = self._rate * multiple / _vertex(chosen, _lowest_near(chosen, multiple * period))
            pitches[found] = np.where((pitch >= _LOWEST_HZ) & (pitch <= _HIGHEST_HZ), pitch, 0)
        return pitches


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
