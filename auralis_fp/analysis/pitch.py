"""Following one pitch: YIN on the signal at about 11 kHz."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from .blocks import Framer
from .lowspectra import interleaved, one_sided
from .measured import ComplexArray, FloatArray

_FRAME: Final = 512  # samples at about 11 kHz: 46 ms
_HOP: Final = 256  # 23 ms
_LOWEST_HZ: Final = 55.0
_HIGHEST_HZ: Final = 2000.0
_THRESHOLD: Final = 0.15
_RANGE_DB: Final = 40.0
_HALVING_CENTS: Final = 50.0  # a median change of this much between frames halves the value
_SILENCE_POWER: Final = 1e-7


class PitchTracker:
    """YIN (de Cheveigné & Kawahara 2002) over 55-2000 Hz, all channels together.

    The difference function of the channels is the sum of theirs; it is made from their summed autocorrelation, of
    which each lag is divided by the samples it covers.
    """

    def __init__(self, rate: float, pairs: int, channels: int) -> None:
        self._rate = rate
        self._channels = channels
        self._framer = Framer(_FRAME, _HOP, 2 * pairs, batch=64, padded=False)
        self._lags = int(rate / _LOWEST_HZ) + 2
        self._first_lag = max(2, int(rate / _HIGHEST_HZ))
        self._pitches: list[FloatArray] = []
        self._powers: list[FloatArray] = []

    def feed(self, signal: ComplexArray) -> None:
        """Take the next samples, shape (pairs, samples)."""
        for frames in self._framer.feed(interleaved(signal)):
            self._follow(frames)

    def finish(self) -> float | None:
        """Return the pitch stability, 0 to 1; None if all is silent."""
        for frames in self._framer.flush():
            self._follow(frames)
        if not self._powers:
            return None
        powers, pitches = np.concatenate(self._powers), np.concatenate(self._pitches)
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

    def pitches(self) -> NDArray[np.float32]:
        """Return the pitch of each frame so far in Hz, 0 where there is none."""
        return np.concatenate(self._pitches) if self._pitches else np.empty(0, dtype=np.float32)

    def _follow(self, frames: FloatArray) -> None:
        signals: ComplexArray = np.ascontiguousarray(frames).view(np.complex64)
        squares = np.square(signals.real) + np.square(signals.imag)
        energy = np.cumsum(squares.sum(axis=2), axis=1, dtype=np.float64)
        self._powers.append((energy[:, -1] / (_FRAME * self._channels)).astype(np.float32))
        correlation = self._autocorrelation(signals)
        difference = _difference(energy, correlation)
        self._pitches.append(self._pick(difference))

    def _autocorrelation(self, signals: ComplexArray) -> FloatArray:
        spectrum: FloatArray = np.zeros((len(signals), _FRAME + 1), dtype=np.float32)
        for pair in range(signals.shape[2]):
            z = fft.fft(signals[:, :, pair], 2 * _FRAME)
            spectrum[:, :_FRAME] += one_sided(z)
        spectrum[:, 1:_FRAME] /= 2
        correlation: FloatArray = fft.irfft(spectrum)[:, : self._lags + 5]
        return correlation

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
            period = _vertex(difference[found], dips[found].argmax(axis=1) + self._first_lag)
            multiple = np.maximum(1, self._lags // 2 // period)
            pitch = (
                self._rate * multiple / _vertex(difference[found], _lowest_near(difference[found], multiple * period))
            )
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


def _difference(energy: NDArray[np.float64], correlation: FloatArray) -> FloatArray:
    """Return the mean squared difference at each lag, from running energies and autocorrelation."""
    lags = np.arange(correlation.shape[1])
    head = energy[:, _FRAME - 1 - lags]
    tail = energy[:, -1:] - np.where(lags > 0, energy[:, lags - 1], 0)
    difference = np.maximum(head + tail - 2 * correlation, 0) / (_FRAME - lags)
    return difference.astype(np.float32)


def _normalised(difference: FloatArray) -> FloatArray:
    """Return the cumulative-mean-normalised difference; 1 at lag 0."""
    running = np.cumsum(difference[:, 1:], axis=1)
    result: FloatArray = np.ones_like(difference)
    lags = np.arange(1, difference.shape[1], dtype=np.float32)
    np.divide(difference[:, 1:] * lags, running, out=result[:, 1:], where=running > 0)
    return result
