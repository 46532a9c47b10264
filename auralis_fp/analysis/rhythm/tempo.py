"""Tempo and rhythm stability from tempograms of the onset strength."""

from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...models import Tempo, TempoCandidate
from ..kernels import tempo as kernels
from ..kernels.interpolation import parabolic_offset
from ..types import FloatArray
from .band_levels import BandLevels
from .events import has_events
from .onset_strength import OnsetStrength
from .tempo_classifier import probabilities
from .tempo_features import (
    BANDS,
    HIGHEST_BPM,
    LOWEST_BPM,
    Tempograms,
    candidate_features,
    candidate_peaks,
    tempograms,
)
from .tempo_network import log_density_at, tempo_density

WINDOW_SEC: Final = 12.0
HOP_SEC: Final = 6.0
_SHORTEST_SEC: Final = 2.0
_MOST_WINDOWS: Final = 64  # of longer music every second, fourth, ... one is kept
_LOCAL_MEAN_SEC: Final = 1.0
_SAME_TEMPO: Final = 0.06  # octaves: 4 %
_NEIGHBOURHOOD: Final = 1.15  # of the beat period; other metrical levels lie outside
_PREFERRED_BPM: Final = 115.0
_ALONE: Final = 0.83  # share of the training clips with a single candidate whose tempo it is
_PULSE_BEATS: Final = 4  # beats over which the pulse must repeat
_CHANCE: Final = 0.43  # times the root of 1 s / duration: random onsets stay below
_LEAST_HEIGHT: Final = 0.05  # of the peaks of all bands together: tones that beat in single bands stay below
_STRONG: Final = 14.0  # divided by the root of the frames of a window: random onsets reach half of it
_FADE: Final = 0.25  # above these limits, relative to them, the stability rises from 0
_UNSETTLED_FRAMES: Final = 4
_RISE: Final = 2.0  # of the power over these frames in an attack
_RISE_FRAMES: Final = 4
# Least onset strength in octaves summed over bands: of all registers together, of the low, middle and high register,
# of the bass notes and notes (none) and of the treble. Weaker changes are the ripple of a tone, or do not mark a beat.
_LEAST_STRENGTH: Final = (12.0, 1.0, 3.0, 3.0, 0.0, 0.0, 1.0)
_TREBLE_WEIGHT: Final = 0.5  # in the curve of all bands
_LEAST_VARIATION: Final = 0.02  # relative to the highest value so far; windows that vary less are empty

FloatSeries = NDArray[np.float64]


class TempoEstimate(NamedTuple):
    """Tempo, None without a beat; and rhythm stability, 0 to 1."""

    tempo: Tempo | None
    stability: float


class TempoEstimator:
    """Estimate the tempo from the onset-strength curves in windows of 12 s.

    The candidates are the peaks of the autocorrelation of the onset strength. A small network scores them by their
    tempograms and by what falls on and between the beats, see `tempo_features` and `tempo_classifier` (after Peeters
    2007; Percival & Tzanetakis 2014; Böck et al. 2015). The stability is the mean height of the windows' highest peaks
    times the agreement of their periods. It fades to 0 where the pulse is hardly more than chance.
    """

    def __init__(self) -> None:
        self._rate = 0.0
        self._curves: FloatArray = np.empty((BANDS + 2, 0), dtype=np.float32)  # from the last window on
        self._next = 0  # where in them the next window begins
        self._windows: list[FloatArray] = []
        self._count, self._stride = 0, 1  # windows so far; of which every *stride*-th is kept

    def add(self, strength: OnsetStrength, novelty: FloatArray) -> None:
        """Add the windows of a segment.

        Parameters
        ----------
        strength : OnsetStrength
            The segment.
        novelty : ndarray, shape (4, frames), float32
            Novelty of bass notes, notes, treble and spectral shape at its frames.
        """
        self._rate = strength.rate
        self._curves = np.concatenate((self._curves, onset_curves(strength, novelty)), axis=1)
        length, hop = round(WINDOW_SEC * self._rate), round(HOP_SEC * self._rate)
        starts = range(self._next, self._curves.shape[1] - length + 1, hop)
        for start in starts:
            self._keep(self._curves[:, start : start + length])
        if starts:
            self._curves, self._next = self._curves[:, starts[-1] :].copy(), hop

    def _keep(self, window: FloatArray) -> None:
        """Keep a window; once there are too many, forget every other one."""
        if self._count % self._stride == 0:
            self._windows.append(window.copy())
        self._count += 1
        if len(self._windows) > _MOST_WINDOWS:
            self._windows, self._stride = self._windows[::2], 2 * self._stride

    def estimate(self, levels: BandLevels | None = None) -> TempoEstimate:
        """Return the tempo and stability of the whole file, with its band levels if they are known."""
        count, length = self._curves.shape[1], round(WINDOW_SEC * self._rate)
        if not self._windows and count >= _SHORTEST_SEC * self._rate:
            self._keep(self._curves)  # shorter than a window: it is one window
        elif self._windows and count - length > self._rate and self._stride == 1:  # one more for the end
            self._keep(self._curves[:, count - length :])
        windows = [window for window in self._windows if has_events(window[BANDS], window[BANDS + 1], self._rate)]
        curves = eventful_windows(np.stack(windows, axis=1)[:BANDS]) if windows else np.empty((BANDS, 0, 0), np.float32)
        return _estimate(curves, self._rate, levels) if curves.shape[1] else TempoEstimate(None, 0.0)


def _estimate(windows: FloatArray, rate: float, levels: BandLevels | None) -> TempoEstimate:
    """Return the estimate for windows, shape (7, windows, frames)."""
    found = tempograms(windows, rate)
    lags = refined_lags(found, candidate_peaks(found, rate))
    if not len(lags):
        return TempoEstimate(None, 0.0)
    likely = probabilities(candidate_features(found, lags, rate), _log_density(levels, 60 * rate / lags))
    lag, height = float(lags[likely.argmax()]), float(found.heights.mean())
    count, length = windows.shape[1:]
    duration = length / rate * (count + 1) / 2  # windows overlap by half
    certainty = max(_pulse(found, lag) * sqrt(duration) / _CHANCE, height * sqrt(length) / _STRONG)
    if certainty < 1 or height < _LEAST_HEIGHT:
        return TempoEstimate(None, 0.0)
    bpm = np.clip(60 * rate / lags, LOWEST_BPM, HIGHEST_BPM)
    return TempoEstimate(_tempo(bpm, likely), height * _agreement(found, lag) * min(1.0, (certainty - 1) / _FADE))


def _log_density(levels: BandLevels | None, bpm: FloatSeries) -> FloatSeries | None:
    """Return what the temporal convolutional network says of tempi; None if the file is shorter than its windows."""
    if levels is None or not len(windows := levels.windows()):
        return None
    return log_density_at(tempo_density(windows), bpm, levels.hop_sec)


def _tempo(bpm: FloatSeries, likely: FloatSeries) -> Tempo:
    """Return the most likely tempo, and the most likely one at another metrical level."""
    best = int(likely.argmax())
    octaves = np.abs(np.log2(bpm / bpm[best]))
    others = np.flatnonzero(octaves > 2 * _SAME_TEMPO)
    if not len(others):
        only = TempoCandidate(float(bpm[best]), _ALONE)
        return Tempo((only,), _confidence(only))
    first = TempoCandidate(float(bpm[best]), _share(likely[octaves <= _SAME_TEMPO].sum()))
    other = others[likely[others].argmax()]
    return Tempo((first, TempoCandidate(float(bpm[other]), _share(likely[other]))), _confidence(first))


def _confidence(candidate: TempoCandidate) -> float:
    """Return the probability, lowered with the distance from the tempo that listeners prefer (Moelants 2002)."""
    return _share(candidate.probability * np.exp(-(np.log2(candidate.bpm / _PREFERRED_BPM) ** 2)))


def _share(value: float) -> float:
    return round(min(float(value), 1.0), 4)


def onset_curves(strength: OnsetStrength, novelty: FloatArray) -> FloatArray:
    """Return onset-strength curves without their local means, smoothed.

    Parameters
    ----------
    strength : OnsetStrength
        A segment.
    novelty : ndarray, shape (4, frames), float32
        Novelty of bass notes, notes, treble and spectral shape at its frames.

    Returns
    -------
    ndarray, shape (9, valid frames), float32
        All, low, middle, high, bass notes, notes, treble; as they are the change of the spectral shape, and 1 where the
        power rises.

    Examples
    --------
    >>> silence = np.zeros(200, dtype=np.float32)
    >>> bands = np.zeros((3, 200), dtype=np.float32)
    >>> strength = OnsetStrength(silence, bands, silence, silence > 0, 100.0, slice(50, 150))
    >>> onset_curves(strength, np.zeros((4, 200), dtype=np.float32)).shape
    (9, 100)
    """
    curves = np.concatenate((strength.band_flux, novelty[:3]))
    if strength.valid.start == 0:
        curves[:, :_UNSETTLED_FRAMES] = 0  # the start of the file is not an onset
    before = np.pad(strength.power, (_RISE_FRAMES, 0), mode="edge")[:-_RISE_FRAMES]
    rising = (strength.power > _RISE * before)[None].astype(np.float32)
    return np.concatenate((combined_curves(curves, strength.rate), novelty[3:], rising))[:, strength.valid]


def combined_curves(curves: FloatArray, rate: float) -> FloatArray:
    """Return the curves of single bands, shape (6, frames), as `onset_curves` does.

    Parameters
    ----------
    curves : ndarray, shape (6, frames), float32
        Flux in the low, middle and high register, and the three novelty curves.
    rate : float
        Frames per second.

    Examples
    --------
    >>> combined_curves(np.zeros((6, 300), dtype=np.float32), 100.0).shape
    (7, 300)
    """
    together = np.concatenate((curves[:3].sum(axis=0, keepdims=True), curves))
    together = np.maximum(together - np.array(_LEAST_STRENGTH, dtype=np.float32)[:, None], 0)
    smooth = kernels.detrend(together, round(_LOCAL_MEAN_SEC * rate) | 1)
    smooth[0] += np.float32(_TREBLE_WEIGHT) * smooth[-1]
    return smooth


def eventful_windows(windows: FloatArray) -> FloatArray:
    """Return the windows that are not silent beside the others."""
    least = max(_LEAST_VARIATION * float(windows[0].max(initial=0)), 1e-3)
    found: FloatArray = windows[:, windows[0].std(axis=1) > least]
    return found


def refined_lags(found: Tempograms, lags: NDArray[np.int64]) -> FloatSeries:
    """Return lags to sub-frame precision."""
    return np.array([_refined(found.autocorrelation[0], int(lag)) for lag in lags])


def _refined(correlation: FloatSeries, lag: int) -> float:
    """Refine the lag to sub-frame precision using peaks at its multiples."""
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
    """Return the interpolated position of the peak at *index*."""
    before, peak, after = values[index - 1 : index + 2]
    return index + float(parabolic_offset(before, peak, after, 0.5))


def _pulse(found: Tempograms, lag: float) -> float:
    """Return the mean correlation of all curves at one to four beats.

    The correlation of random onsets falls with the root of the duration, that of a steady pulse does not.
    """
    last = found.autocorrelation.shape[1] - 2
    beats = [round(beat) for beat in lag * np.arange(1, _PULSE_BEATS + 1) if beat <= last] or [last]
    around = np.stack([found.autocorrelation[:, beat - 1 : beat + 2].max(axis=1) for beat in beats])
    return float(around.mean())


def _agreement(found: Tempograms, lag: float) -> float:
    """Return how near the beat each window's own peak lies, 0 to 1."""
    first, last = max(1, round(lag / _NEIGHBOURHOOD)), round(lag * _NEIGHBOURHOOD)
    peaks = first + found.windows[:, first : last + 1].argmax(axis=1)
    return float(np.exp(-0.5 * (np.log2(peaks / lag) / _SAME_TEMPO) ** 2).mean())
