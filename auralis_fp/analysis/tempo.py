"""The pulse of the onset envelope: how fast, how clear, how steady."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d, uniform_filter1d

from .onsets import OnsetEnvelope

LOWEST_BPM: Final = 30.0
HIGHEST_BPM: Final = 300.0
_WINDOW_SEC: Final = 12.0
_MOVE_SEC: Final = 6.0
_SHORTEST_SEC: Final = 2.0
_LOCAL_MEAN_SEC: Final = 1.0
_SMOOTHING_FRAMES: Final = 1.5
_PRIOR_BPM: Final = 120.0
_PRIOR_OCTAVES: Final = 1.2  # wide: it decides between levels that the signal supports alike
_HALF_LAG_PENALTY: Final = 0.3
_SAME_TEMPO: Final = 0.06  # octaves: 4 %
_METRICAL_RATIOS: Final = (1 / 3, 1 / 2, 1, 2, 3)  # a window may hear another level of the same pulse
_NO_PULSE: Final = 0.1

FloatSeries = NDArray[np.float64]


class Pulse(NamedTuple):
    """Tempo in BPM, None if there is no pulse; and how clear and steady it is, 0 to 1."""

    tempo_bpm: float | None
    stability: float


def pulse(envelope: OnsetEnvelope) -> Pulse:
    """Find the pulse by the autocorrelation of the onset envelope in windows of 12 s.

    Parameters
    ----------
    envelope : OnsetEnvelope

    Returns
    -------
    Pulse
        The tempo is the lag whose correlation is high in the mean over windows, higher than that of half the lag, and
        preferably near 120 BPM (after Percival & Tzanetakis 2014). The stability is the mean height of the windows'
        highest peaks times the agreement of their lags.
    """
    rate = envelope.rate
    correlations = _windowed_correlations(_prepared(envelope), rate)
    if not len(correlations):
        return Pulse(None, 0.0)
    mean = correlations.mean(axis=0)
    lag = _best_lag(mean, rate)
    if lag is None:
        return Pulse(None, 0.0)
    stability = _stability(correlations, lag, rate)
    if stability < _NO_PULSE:
        return Pulse(None, 0.0)
    return Pulse(float(np.clip(60 * rate / _refined(mean, lag), LOWEST_BPM, HIGHEST_BPM)), stability)


def _prepared(envelope: OnsetEnvelope) -> FloatSeries:
    """Return the envelope without its local mean, smoothed against the grid of frames."""
    flux = np.sqrt(envelope.flux.astype(np.float64))
    flux -= uniform_filter1d(flux, round(_LOCAL_MEAN_SEC * envelope.rate) | 1, mode="nearest")
    smooth: FloatSeries = gaussian_filter1d(np.maximum(flux, 0), _SMOOTHING_FRAMES)
    return smooth


def _windowed_correlations(series: FloatSeries, rate: float) -> NDArray[np.float64]:
    """Return the normalised autocorrelation of each window, shape (windows, lags)."""
    length = min(len(series), round(_WINDOW_SEC * rate))
    if length < _SHORTEST_SEC * rate:
        return np.empty((0, 0))
    starts = list(range(0, len(series) - length + 1, round(_MOVE_SEC * rate)))
    if starts[-1] + length < len(series) - rate:
        starts.append(len(series) - length)
    windows = np.stack([series[start : start + length] for start in starts])
    loud = windows.std(axis=1) > 0.02 * max(1e-9, float(series.max(initial=0)))
    return _autocorrelation(windows[loud], min(length - 1, round(4 * rate * 60 / LOWEST_BPM)))


def _autocorrelation(windows: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Return the correlation of each window with itself moved, over what both cover; 1 for a perfect period."""
    if not len(windows):
        return windows
    centred = windows - windows.mean(axis=1, keepdims=True)
    length = centred.shape[1]
    points = fft.next_fast_len(length + lags + 1, real=True)
    spectrum = fft.rfft(centred, points, axis=1)
    products = fft.irfft(spectrum.real**2 + spectrum.imag**2, points, axis=1)[:, : lags + 1]
    energy = np.concatenate((np.zeros((len(centred), 1)), np.cumsum(centred**2, axis=1)), axis=1)
    shift = np.arange(lags + 1)
    head, tail = energy[:, length - shift], energy[:, -1:] - energy[:, shift]
    scale = np.sqrt(head * tail)
    correlation: NDArray[np.float64] = np.zeros_like(products)
    np.divide(products, scale, out=correlation, where=scale > 1e-9 * energy[:, -1:])
    return correlation


def _best_lag(correlation: FloatSeries, rate: float) -> int | None:
    """Return the lag in frames of the pulse a listener taps; None if no lag stands out."""
    shortest, longest = int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 1
    longest = min(longest, len(correlation) - 2)
    lags = np.arange(shortest, longest + 1)
    here = correlation[lags]
    peaks = lags[(here > correlation[lags - 1]) & (here >= correlation[lags + 1]) & (here > 0)]
    if not len(peaks):
        return None
    score = correlation[peaks] - _HALF_LAG_PENALTY * np.maximum(_near(correlation, peaks / 2), 0)
    octaves = np.log2(60 * rate / peaks / _PRIOR_BPM)
    score *= np.exp(-0.5 * (octaves / _PRIOR_OCTAVES) ** 2)
    return int(peaks[np.argmax(score)])


def _near(correlation: FloatSeries, lags: FloatSeries) -> FloatSeries:
    """Return the highest correlation within a frame of each lag."""
    nearest = np.rint(lags).astype(int)
    around = [correlation[np.clip(nearest + step, 0, len(correlation) - 1)] for step in (-1, 0, 1)]
    highest: FloatSeries = np.max(np.stack(around), axis=0)
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


def _stability(correlations: NDArray[np.float64], lag: int, rate: float) -> float:
    """Return the mean height of the windows' highest peaks times the agreement of their tempi."""
    shortest, longest = int(60 * rate / HIGHEST_BPM), int(60 * rate / LOWEST_BPM) + 1
    heights = np.clip(correlations[:, shortest : longest + 1].max(axis=1), 0, 1)
    found = np.array([_best_lag(correlation, rate) or 0 for correlation in correlations])
    ratios = np.log2(np.maximum(found, 1) / lag)
    distance = np.abs(ratios[:, None] - np.log2(_METRICAL_RATIOS)).min(axis=1)
    agreement = float(np.exp(-0.5 * (distance / _SAME_TEMPO) ** 2).mean())
    return float(heights.mean()) * agreement
