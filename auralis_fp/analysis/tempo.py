"""The pulse of the onset envelope: how fast, how clear, how steady."""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .onsets import OnsetEnvelope
from .periodicity import SPECTRUM_POINTS, autocorrelation, relative_spectra

LOWEST_BPM: Final = 30.0
HIGHEST_BPM: Final = 300.0
_WINDOW_SEC: Final = 12.0
_MOVE_SEC: Final = 6.0
_SHORTEST_SEC: Final = 2.0
_LOCAL_MEAN_SEC: Final = 1.0
_SMOOTHING_FRAMES: Final = 1.5
# The weights below were chosen on made-up music of known tempo, see docs/decisions; simple pulses fix none of them.
_PRIOR_BPM: Final = 110.0
_PRIOR_OCTAVES: Final = 1.2  # wide: it decides between levels that the signal supports alike
_FASTEST_TAP_BPM: Final = 240.0  # beyond, feet tap every second pulse
_TWICE, _THRICE = 1.5, 0.3  # weights of the correlation at twice and three times the lag
_OVERTONE: Final = 0.2  # weight of three times the pulse's frequency
_FILLED_HALF, _FILLED_THIRD = 0.47, 0.5  # how far a lag loses by what correlates at a half or a third of it
_SAME_TEMPO: Final = 0.06  # octaves: 4 %
_METRICAL_RATIOS: Final = (1 / 3, 1 / 2, 1, 2, 3)  # a window may hear another level of the same pulse
_NO_PULSE: Final = 0.1
_CHANCE: Final = 7.0  # a peak of this over the root of the frames comes of chance alone
_UNSETTLED_FRAMES: Final = 4
_LEAST_ACCENT: Final = 12.0  # octaves summed over bands: less is the ripple of a tone, or moves no foot
_LONGEST_LAG_SEC: Final = 8.5
_WINDOWS_AT_ONCE: Final = 32
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
        The tempo is the lag that correlates, whose double correlates too, whose frequency is strong in the spectrum of
        the envelope, and between whose pulses little else correlates (after Peeters 2007; Percival & Tzanetakis 2014).
        The stability is the mean height of the windows' highest peaks times the agreement of their tempi.
    """
    rate = envelope.rate
    series = _prepared(envelope)
    length = min(len(series), round(_WINDOW_SEC * rate))
    heard = _hear(series, length, rate)
    if heard is None:
        return Pulse(None, 0.0)
    lag = _best_lag(heard.correlation, heard.spectrum, rate)
    if lag is None or heard.height < _CHANCE / sqrt(length):
        return Pulse(None, 0.0)
    stability = heard.height * _agreement(heard.lags, lag)
    if stability < _NO_PULSE:
        return Pulse(None, 0.0)
    tempo_bpm = float(np.clip(60 * rate / _refined(heard.correlation, lag), LOWEST_BPM, HIGHEST_BPM))
    return Pulse(tempo_bpm, stability)


class _Heard(NamedTuple):
    """What the windows say together: mean correlation, mean spectrum, mean height of the highest peaks; best lags."""

    correlation: FloatSeries
    spectrum: FloatSeries
    height: float
    lags: list[int | None]


def _hear(series: FloatSeries, length: int, rate: float) -> _Heard | None:
    """Go through the windows, some at a time; None if nothing happens in any."""
    starts = _starts(len(series), length, rate)
    correlation, spectrum, height = np.zeros(1), np.zeros(1), 0.0
    lags: list[int | None] = []
    for first in range(0, len(starts), _WINDOWS_AT_ONCE):
        windows = _eventful(series, starts[first : first + _WINDOWS_AT_ONCE], length)
        if len(windows):
            correlations, spectra = autocorrelation(windows, round(_LONGEST_LAG_SEC * rate)), relative_spectra(windows)
            correlation = correlation + correlations.sum(axis=0)
            spectrum = spectrum + spectra.sum(axis=0)
            height += float(_heights(correlations, rate).sum())
            lags += [_best_lag(*pair, rate) for pair in zip(correlations, spectra, strict=True)]
    if not lags:
        return None
    return _Heard(correlation / len(lags), spectrum / len(lags), height / len(lags), lags)


def _prepared(envelope: OnsetEnvelope) -> FloatSeries:
    """Return the envelope without its local mean, smoothed against the grid of frames.

    The filters of scipy need four times the room of what they filter: they are given one piece after another.
    """
    span = round(_LOCAL_MEAN_SEC * envelope.rate) | 1
    margin, count = span + _UNSETTLED_FRAMES + round(5 * _SMOOTHING_FRAMES), len(envelope.accents)
    prepared: FloatSeries = np.empty(count)
    for start in range(0, count, _PIECE):
        first, end = max(0, start - margin), min(count, start + _PIECE)
        flux = np.maximum(envelope.accents[first : end + margin].astype(np.float64) - _LEAST_ACCENT, 0)
        if first == 0:
            flux[:_UNSETTLED_FRAMES] = 0  # that something is on when the file begins is no beat
        flux -= uniform_filter1d(flux, span, mode="nearest")
        smooth = gaussian_filter1d(np.maximum(flux, 0), _SMOOTHING_FRAMES)
        prepared[start:end] = smooth[start - first : end - first]
    return prepared


def _starts(count: int, length: int, rate: float) -> list[int]:
    """Return where windows begin: every 6 s, and so that the end is heard too."""
    if length < _SHORTEST_SEC * rate:
        return []
    starts = list(range(0, count - length + 1, round(_MOVE_SEC * rate)))
    if starts[-1] + length < count - rate:
        starts.append(count - length)
    return starts


def _eventful(series: FloatSeries, starts: list[int], length: int) -> NDArray[np.float64]:
    """Return the windows in which something happens, without their means, shape (windows, frames)."""
    windows = np.stack([series[start : start + length] for start in starts])
    windows -= windows.mean(axis=1, keepdims=True)
    least = max(_EVENTFUL * float(series.max(initial=0)), 1e-3)
    eventful: NDArray[np.float64] = windows[windows.std(axis=1) > least]
    return eventful


def _best_lag(correlation: FloatSeries, spectrum: FloatSeries, rate: float) -> int | None:
    """Return the lag in frames of the pulse a listener taps; None if no lag stands out."""
    shortest, longest = int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 1
    lags = np.arange(shortest, min(longest, len(correlation) - 2) + 1)
    here = correlation[lags]
    peaks = lags[(here > correlation[lags - 1]) & (here >= correlation[lags + 1]) & (here > 0)]
    if not len(peaks):
        return None
    beats: FloatSeries = rate / peaks.astype(np.float64)
    frequencies = np.arange(len(spectrum)) * (rate / SPECTRUM_POINTS)
    strength = np.interp(beats, frequencies, spectrum) + _OVERTONE * np.interp(3 * beats, frequencies, spectrum)

    def at(multiple: float) -> FloatSeries:
        return _near(correlation, multiple * rate / beats)

    score = (correlation[peaks] + _TWICE * at(2) + _THRICE * at(3)) * np.sqrt(strength)
    score *= (1 - _FILLED_HALF * at(1 / 2)) * (1 - _FILLED_THIRD * at(1 / 3))
    score *= np.exp(-0.5 * (np.log2(60 * beats / _PRIOR_BPM) / _PRIOR_OCTAVES) ** 2)
    score /= 1 + (60 * beats / _FASTEST_TAP_BPM) ** 16
    return int(peaks[np.argmax(score)])


def _near(correlation: FloatSeries, lags: FloatSeries) -> FloatSeries:
    """Return the highest correlation within a frame of each lag, 0 if none is positive."""
    nearest = np.rint(lags).astype(int)
    around = [correlation[np.clip(nearest + step, 0, len(correlation) - 1)] for step in (-1, 0, 1)]
    highest: FloatSeries = np.maximum(np.max(np.stack(around), axis=0), 0)
    return highest


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
    shortest, longest = int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 1
    heights: FloatSeries = np.clip(correlations[:, shortest : longest + 1].max(axis=1), 0, 1)
    return heights


def _agreement(found: list[int | None], lag: int) -> float:
    """Return how far the lags *found* in the windows agree with that of the whole, 0 to 1."""
    ratios = np.log2(np.array([max(1, each or 1) for each in found]) / lag)
    distance = np.abs(ratios[:, None] - np.log2(_METRICAL_RATIOS)).min(axis=1)
    return float(np.exp(-0.5 * (distance / _SAME_TEMPO) ** 2).mean())
