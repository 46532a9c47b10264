"""The pulse of the onset envelope: how fast, how clear, how steady."""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .metre import HIGHEST_BPM, LONGEST_LAG_SEC, LOWEST_BPM, evidence, lags, scores
from .onsets import OnsetEnvelope
from .periodicity import autocorrelation, relative_spectra

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
# Octaves summed over bands: less is the ripple of a tone, or moves no foot. Over all bands; over low, middle and high.
_LEAST_ACCENTS: Final = (12.0, 1.0, 3.0, 3.0)
_WINDOWS_AT_ONCE: Final = 16
_PIECE: Final = 60_000  # frames, ten minutes
_EVENTFUL: Final = 0.02  # of the highest point: windows that vary less hold nothing

FloatSeries = NDArray[np.float64]


class Pulse(NamedTuple):
    """Tempo in BPM, None if there is no pulse; and how clear and steady it is, 0 to 1."""

    tempo_bpm: float | None
    stability: float


def pulse(envelope: OnsetEnvelope) -> Pulse:
    """Find the pulse of the onset envelope in windows of 12 s, by its autocorrelation and its spectrum together.

    Parameters
    ----------
    envelope : OnsetEnvelope

    Returns
    -------
    Pulse
        The tempo is the lag that correlates and that the accents of low, middle and high bands support most, see
        ``metre`` (after Peeters 2007; Percival & Tzanetakis 2014).
        The stability is the mean height of the windows' highest peaks times the agreement of their tempi.
    """
    rate = envelope.rate
    series = prepared(envelope)
    length = min(series.shape[1], round(_WINDOW_SEC * rate))
    heard = _hear(series, length, rate)
    if heard is None:
        return Pulse(None, 0.0)
    found = _best_lags(heard.correlation[None], heard.score[None], rate)[0]
    if found == 0 or heard.height < _CHANCE / sqrt(length):
        return Pulse(None, 0.0)
    stability = heard.height * _agreement(heard.lags, int(found))
    if stability < _NO_PULSE:
        return Pulse(None, 0.0)
    tempo_bpm = float(np.clip(60 * rate / _refined(heard.correlation, int(found)), LOWEST_BPM, HIGHEST_BPM))
    return Pulse(tempo_bpm, stability)


class Windows(NamedTuple):
    """Correlations, shape (bands, windows, lags), and spectra, (bands, windows, bins); of all bands together first."""

    correlations: NDArray[np.float64]
    spectra: NDArray[np.float64]


class _Heard(NamedTuple):
    """What the windows say together: mean correlation, score and height of the highest peaks; the best lags of each."""

    correlation: FloatSeries
    score: FloatSeries
    height: float
    lags: NDArray[np.int64]


def _hear(series: NDArray[np.float32], length: int, rate: float) -> _Heard | None:
    """Go through the windows, some at a time; None if nothing happens in any."""
    correlation, score, height = np.zeros(1), np.zeros(1), 0.0
    found: list[NDArray[np.int64]] = []
    count = 0
    for first in range(0, len(starts := starting(series.shape[1], length, rate)), _WINDOWS_AT_ONCE):
        heard = windows(series, starts[first : first + _WINDOWS_AT_ONCE], length, rate)
        here, scored = heard.correlations[0], scores(heard.correlations[1:], heard.spectra[1:], rate)
        if len(here):
            correlation, score = correlation + here.sum(axis=0), score + scored.sum(axis=0)
            height += float(_heights(here, rate).sum())
            found.append(_best_lags(here, scored, rate))
            count += len(here)
    return _Heard(correlation / count, score / count, height / count, np.concatenate(found)) if count else None


def prepared(envelope: OnsetEnvelope) -> NDArray[np.float32]:
    """Return the accents of all bands, and of low, middle and high ones, shape (4, frames).

    Without their local mean, and smoothed against the grid of frames. The filters of scipy need four times the room of
    what they filter: they are given one piece after another.
    """
    span = round(_LOCAL_MEAN_SEC * envelope.rate) | 1
    margin, count = span + _UNSETTLED_FRAMES + round(5 * _SMOOTHING_FRAMES), envelope.accents.shape[1]
    result: NDArray[np.float32] = np.empty((len(_LEAST_ACCENTS), count), dtype=np.float32)
    for start in range(0, count, _PIECE):
        first, end = max(0, start - margin), min(count, start + _PIECE)
        accents = envelope.accents[:, first : end + margin]
        accents = np.concatenate((accents.sum(axis=0, keepdims=True), accents))
        flux = np.maximum(accents - np.array(_LEAST_ACCENTS, dtype=np.float32)[:, None], 0)
        if first == 0:
            flux[:, :_UNSETTLED_FRAMES] = 0  # that something is on when the file begins is no beat
        flux -= uniform_filter1d(flux, span, axis=1, mode="nearest")
        smooth = gaussian_filter1d(np.maximum(flux, 0), _SMOOTHING_FRAMES, axis=1)
        result[:, start:end] = smooth[:, start - first : end - first]
    return result


def windows(series: NDArray[np.float32], starts: list[int], length: int, rate: float) -> Windows:
    """Return the correlations and spectra of the windows in which something happens."""
    cut = np.stack([series[:, start : start + length] for start in starts], axis=1)
    cut -= cut.mean(axis=2, keepdims=True)
    least = max(_EVENTFUL * float(series[0].max(initial=0)), 1e-3)
    cut = cut[:, cut[0].std(axis=1) > least]
    flat = cut.reshape(-1, length)
    correlations, spectra = autocorrelation(flat, round(LONGEST_LAG_SEC * rate)), relative_spectra(flat)
    return Windows(*(each.reshape(*cut.shape[:2], each.shape[1]) for each in (correlations, spectra)))


def starting(count: int, length: int, rate: float) -> list[int]:
    """Return where windows begin: every 6 s, and so that the end is heard too."""
    if length < _SHORTEST_SEC * rate:
        return []
    starts = list(range(0, count - length + 1, round(_MOVE_SEC * rate)))
    if starts[-1] + length < count - rate:
        starts.append(count - length)
    return starts


def candidates(correlations: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Return for each window which of the periods of ``metre.lags`` may be the pulse, shape (windows, periods).

    The peaks of the correlation; but not those at whose half or third everything is the same again: pulses with nothing
    between them count one by one.
    """
    periods = lags(rate)
    nearest = np.minimum(periods, correlations.shape[1] - 2)
    here, before, after = (correlations[:, nearest + step] for step in (0, -1, 1))
    peaks: NDArray[np.bool_] = (here > before) & (here >= after) & (here > 0) & (periods == nearest)
    found = evidence(correlations[None], rate)[0]
    for parts in (2, 3):
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
