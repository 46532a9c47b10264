"""The pulse of the onset envelope: how fast, how clear, how steady."""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from ..spectrum.autocorrelation import autocorrelation, relative_spectra
from ..types import FloatArray
from .onset_strength import OnsetStrength
from .tempo_salience import HIGHEST_BPM, LONGEST_LAG_SEC, LOWEST_BPM, evidence, lags, scores

_WINDOW_SEC: Final = 12.0
_MOVE_SEC: Final = 6.0
_SHORTEST_SEC: Final = 2.0
_LOCAL_MEAN_SEC: Final = 1.0
_SMOOTHING_FRAMES: Final = 1.5
_SAME_TEMPO: Final = 0.06  # octaves: 4 %
_METRICAL_RATIOS: Final = (1 / 3, 1 / 2, 1, 2, 3)  # a window may hear another level of the same pulse
_ALIKE: Final = 0.93  # correlation from which on pulses are all the same
_FASTEST_PLAIN_BPM: Final = 205.0  # faster ones are tapped to every second time
_NO_PULSE: Final = 0.1
_CHANCE: Final = 7.0  # a peak of this over the root of the frames comes of chance alone
_UNSETTLED_FRAMES: Final = 4
# Octaves summed over bands: less is the ripple of a tone, or moves no foot. Over low, middle and high bands together;
# over each; of notes whatever rises; over those of the treble.
_LEAST_ACCENTS: Final = (12.0, 1.0, 3.0, 3.0, 0.0, 1.0)
_TREBLE_COUNTS: Final = 0.5  # among all bands
_LEAST_PEAK: Final = 0.1  # of a window's highest: lower ones do not make it busy
_LEAST_BUSY: Final = 0.1  # accents per second
_WINDOWS_AT_ONCE: Final = 16
_EVENTFUL: Final = 0.02  # of the highest point so far: windows that vary less hold nothing

FloatSeries = NDArray[np.float64]


class TempoEstimate(NamedTuple):
    """Tempo in BPM, None if there is no pulse; and how clear and steady it is, 0 to 1."""

    tempo_bpm: float | None
    stability: float


class Windows(NamedTuple):
    """Correlations of all bands together, then of low, middle and high ones, notes and treble; more of these five.

    ``correlations`` is (6, windows, lags), ``spectra`` (5, windows, bins); ``busy``, (5, windows), is the logarithm of
    the accents per second, octaves.
    """

    correlations: NDArray[np.float64]
    spectra: NDArray[np.float64]
    busy: NDArray[np.float64]


class TempoEstimator:
    """Finds the pulse of an onset envelope in windows of 12 s, by its autocorrelation and its spectrum together.

    The tempo is the lag that correlates and that low, middle and high accents, notes and treble support most, see
    ``metre`` (after Peeters 2007; Percival & Tzanetakis 2014). The stability is the mean height of the windows' highest
    peaks times the agreement of their tempi.
    """

    def __init__(self) -> None:
        self._rate = 0.0
        self._series: FloatArray = np.empty((len(_LEAST_ACCENTS), 0), dtype=np.float32)  # from the last window on
        self._next = 0  # where in it the next window begins
        self._highest = 0.0  # so far
        self._correlation, self._score, self._height = np.zeros(1), np.zeros(1), 0.0  # sums over windows
        self._lags: list[NDArray[np.int64]] = []  # the best of each window

    def feed(self, envelope: OnsetStrength, accents: FloatArray) -> None:
        """Take the next stretch of the envelope, and the accents of notes and treble at its frames, (2, frames)."""
        self._rate = envelope.rate
        self._series = np.concatenate((self._series, prepared(envelope, accents)), axis=1)
        self._highest = max(self._highest, float(self._series[0].max(initial=0)))
        length, move = round(_WINDOW_SEC * self._rate), round(_MOVE_SEC * self._rate)
        starts = range(self._next, self._series.shape[1] - length + 1, move)
        for first in range(0, len(starts), _WINDOWS_AT_ONCE):
            self._hear(starts[first : first + _WINDOWS_AT_ONCE], length)
        if starts:
            self._series, self._next = self._series[:, starts[-1] :].copy(), move

    def finish(self) -> TempoEstimate:
        """Return the pulse of the whole."""
        count, length = self._series.shape[1], round(_WINDOW_SEC * self._rate)
        if not self._next:
            length = count  # too short for a window: it is one
            if count >= _SHORTEST_SEC * self._rate:
                self._hear((0,), length)
        elif count - length > self._rate:  # the end is heard too
            self._hear((count - length,), length)
        if not self._lags:
            return TempoEstimate(None, 0.0)
        lags_found = np.concatenate(self._lags)
        count = len(lags_found)
        correlation, score, height = self._correlation / count, self._score / count, self._height / count
        found = int(_best_lags(correlation[None], score[None], self._rate)[0])
        if found == 0 or height < _CHANCE / sqrt(length):
            return TempoEstimate(None, 0.0)
        stability = height * _agreement(lags_found, found)
        if stability < _NO_PULSE:
            return TempoEstimate(None, 0.0)
        tempo_bpm = float(np.clip(60 * self._rate / _refined(correlation, found), LOWEST_BPM, HIGHEST_BPM))
        return TempoEstimate(tempo_bpm, stability)

    def _hear(self, starts: Sequence[int], length: int) -> None:
        """Add up what a few windows say."""
        heard = windows(self._series, starts, length, self._rate, self._highest)
        here = heard.correlations[0]  # of all bands together; the score is what each of them says
        scored = scores(heard.correlations[1:], heard.spectra, heard.busy, self._rate)
        if len(here):
            self._correlation, self._score = self._correlation + here.sum(axis=0), self._score + scored.sum(axis=0)
            self._height += float(_heights(here, self._rate).sum())
            self._lags.append(_best_lags(here, scored, self._rate))


def prepared(envelope: OnsetStrength, others: FloatArray) -> FloatArray:
    """Return the accents of all bands, of low, middle and high ones, of notes and treble, (6, own frames).

    Without their local mean, and smoothed against the grid of frames.
    """
    accents = np.concatenate((envelope.accents.sum(axis=0, keepdims=True), envelope.accents, others))
    flux = np.maximum(accents - np.array(_LEAST_ACCENTS, dtype=np.float32)[:, None], 0)
    if envelope.own.start == 0:
        flux[:, :_UNSETTLED_FRAMES] = 0  # that something is on when the file begins is no beat
    flux -= uniform_filter1d(flux, round(_LOCAL_MEAN_SEC * envelope.rate) | 1, axis=1, mode="nearest")
    smooth: FloatArray = gaussian_filter1d(np.maximum(flux, 0), _SMOOTHING_FRAMES, axis=1)
    smooth[0] += np.float32(_TREBLE_COUNTS) * smooth[-1]
    return smooth[:, envelope.own]


def windows(series: FloatArray, starts: Sequence[int], length: int, rate: float, highest: float) -> Windows:
    """Return what is heard in the windows in which something happens, beside the highest point."""
    cut = np.stack([series[:, start : start + length] for start in starts], axis=1)
    cut = cut[:, cut[0].std(axis=1) > max(_EVENTFUL * highest, 1e-3)]
    busy = _busy(cut[1:], length / rate)
    cut -= cut.mean(axis=2, keepdims=True)
    correlations = autocorrelation(cut.reshape(-1, length), round(LONGEST_LAG_SEC * rate))
    spectra = relative_spectra(cut[1:].reshape(-1, length))
    bands, count = cut.shape[:2]
    return Windows(
        correlations.reshape(bands, count, correlations.shape[1]),
        spectra.reshape(bands - 1, count, spectra.shape[1]),
        busy,
    )


def _busy(cut: FloatArray, seconds: float) -> NDArray[np.float64]:
    """Return the logarithm of the accents per second, as many as would make the same mean and mean square alike."""
    here, before, after = cut[..., 1:-1], cut[..., :-2], cut[..., 2:]
    least = np.maximum(np.float32(_LEAST_PEAK) * cut.max(axis=2, keepdims=True), np.float32(1e-9))
    heights = np.where((here > before) & (here >= after) & (here > least), here, 0)
    total, roots = heights.sum(axis=2, dtype=np.float64), np.sqrt(heights).sum(axis=2, dtype=np.float64)
    count = np.divide(roots**2, total, out=np.zeros_like(total), where=total > 0)
    busy: NDArray[np.float64] = np.log2(np.maximum(count / seconds, _LEAST_BUSY))
    return busy


def candidates(correlations: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Return for each window which of the periods of ``metre.lags`` may be the pulse, shape (windows, periods).

    The peaks of the correlation; but not those at whose half, third or fifth everything is the same again: pulses with
    nothing between them count one by one.
    """
    periods = lags(rate)
    nearest = np.minimum(periods, correlations.shape[1] - 2)
    here, before, after = (correlations[:, nearest + step] for step in (0, -1, 1))
    peaks: NDArray[np.bool_] = (here > before) & (here >= after) & (here > 0) & (periods == nearest)
    found = evidence(correlations[None], rate)[0]
    for parts in (2, 3, 5):
        alike = found[:, np.rint(periods / parts).astype(np.int64)] >= _ALIKE
        peaks &= ~(alike & (60 * rate * parts / periods <= _FASTEST_PLAIN_BPM))
    return peaks


def _best_lags(correlations: NDArray[np.float64], scored: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """Return for each window the lag in frames of the pulse a listener taps; 0 if no lag stands out."""
    possible = candidates(correlations, rate)
    best = lags(rate)[np.argmax(np.where(possible, scored, -np.inf), axis=1)]
    found: NDArray[np.int64] = np.where(possible.any(axis=1), best, 0)
    return found


def _refined(correlation: FloatSeries, lag: int) -> float:
    """Return the lag between the frames: the peaks at its multiples tell it ever more finely."""
    period = _vertex(correlation, lag)
    multiple = 2
    while multiple * period < len(correlation) - 3:
        expected = round(multiple * period)
        reach = max(1, round(0.02 * expected))
        first = max(1, expected - reach)
        peak = first + int(np.argmax(correlation[first : expected + reach + 1]))
        if not 1 <= peak < len(correlation) - 1 or correlation[peak] < 0.5 * correlation[lag]:
            break
        period = _vertex(correlation, peak) / multiple
        multiple *= 2
    return period


def _vertex(values: FloatSeries, index: int) -> float:
    """Return the place of the top of the parabola through a peak and its neighbours."""
    before, at, after = values[index - 1 : index + 2]
    curvature = before - 2 * at + after
    return index + (float(np.clip((before - after) / (2 * curvature), -0.5, 0.5)) if curvature < 0 else 0.0)


def _heights(correlations: NDArray[np.float64], rate: float) -> FloatSeries:
    """Return the height of the highest peak of each window between 30 and 300 BPM."""
    periods = lags(rate)
    heights: FloatSeries = np.clip(correlations[:, periods[0] : periods[-1] + 1].max(axis=1), 0, 1)
    return heights


def _agreement(found: NDArray[np.int64], lag: int) -> float:
    """Return how far the lags *found* in the windows agree with that of the whole, 0 to 1."""
    ratios = np.log2(np.maximum(found, 1) / lag)
    distance = np.abs(ratios[:, None] - np.log2(_METRICAL_RATIOS)).min(axis=1)
    return float(np.exp(-0.5 * (distance / _SAME_TEMPO) ** 2).mean())
