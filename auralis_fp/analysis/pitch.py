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
        self._channels = channels
        self._lags = int(self._rate / _LOWEST_HZ) + 2
        self._first_lag = max(2, int(self._rate / _HIGHEST_HZ))
        self._points = MIDDLE_POINTS
        window = window_correlation(MIDDLE_POINTS)
        self._window = window[: self._lags + 5]
        first, end = (MIDDLE_POINTS - self._lags - 3) // 2, self._lags + 5
        lags = np.arange(first, end)
        self._folded = slice(first, end)
        self._fold_gain = window[MIDDLE_POINTS - lags] / window[lags]
        self._folded_from = slice(MIDDLE_POINTS - 2 * first, MIDDLE_POINTS - 2 * end, -2)
        self._frames = Series(2)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        correlation = frame_correlation(spectra.power, self._points)[:, : self._lags + 5]
        correlation /= self._window
        # A frame's correlation is circular: into long lags that of the rest of the frame is mixed. Where the lag is the
        # period, that rest correlates like the rest less one more period, which is known.
        correlation[:, self._folded] -= self._fold_gain * correlation[:, self._folded_from]
        pitches = self._pick(correlation[:, :1] - correlation)
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
        normalised = _normalised(difference[:, : self._lags + 2])
        inner = normalised[:, self._first_lag : -1]
        dips = (inner < _THRESHOLD) & (inner <= normalised[:, self._first_lag + 1 :])
        found = np.flatnonzero(dips.any(axis=1))
        pitches: FloatArray = np.zeros(len(difference), dtype=np.float32)
        if len(found):
            chosen = difference[found]
            period = _vertex(chosen, dips[found].argmax(axis=1) + self._first_lag)
            multiple = np.maximum(1, self._lags // 2 // period)
            pitch = self._rate * multiple / _vertex(chosen, _lowest_near(chosen, multiple * period))
            pitches[found] = np.where((pitch >= _LOWEST_HZ) & (pitch <= _HIGHEST_HZ), pitch, 0)
        return pitches


def _lowest_near(difference: FloatArray, lags: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the lag of the lowest difference within two samples of each given one."""
    around = np.rint(lags).astype(np.int64)[:, None] + np.arange(-2, 3)
    lowest = np.take_along_axis(difference, around, axis=1).argmin(axis=1)
    lags_found: NDArray[np.int64] = around[np.arange(len(around)), lowest]
    return lags_found


def _vertex(difference: FloatArray, lag: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the place of the bottom of the parabola through a dip and its neighbours."""
    frames = np.arange(len(difference))
    before, at, after = (difference[frames, lag + step].astype(np.float64) for step in (-1, 0, 1))
    curvature = before - 2 * at + after
    shift = np.divide(before - after, 2 * curvature, out=np.zeros_like(at), where=curvature > 0)
    vertex: NDArray[np.float64] = lag + np.clip(shift, -1, 1)
    return vertex


def _normalised(difference: FloatArray) -> FloatArray:
    """Return the cumulative-mean-normalised difference; 1 at lag 0."""
    running = np.cumsum(difference[:, 1:], axis=1)
    result: FloatArray = np.ones_like(difference)
    lags = np.arange(1, difference.shape[1], dtype=np.float32)
    np.maximum(running, np.finfo(np.float32).tiny, out=running)
    np.divide(difference[:, 1:] * lags, running, out=result[:, 1:])
    result[:, 1:][running <= np.finfo(np.float32).tiny] = 1
    return result
