"""Tempo and rhythm stability from tempograms of the onset strength."""

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import tempo as kernels
from ..kernels.interpolation import parabolic_offset
from ..types import FloatArray
from .onset_strength import OnsetStrength
from .tempo_salience import HIGHEST_BPM, LONGEST_LAG_SEC, LOWEST_BPM, candidate_lags, peak_evidence, tempo_salience

_WINDOW_SEC: Final = 12.0
_HOP_SEC: Final = 6.0
_SHORTEST_SEC: Final = 2.0
_LOCAL_MEAN_SEC: Final = 1.0
_SAME_TEMPO: Final = 0.06  # octaves: 4 %
_METRICAL_RATIOS: Final = (1 / 3, 1 / 2, 1, 2, 3)  # a window may show another metrical level of the same beat
_IDENTICAL: Final = 0.93  # correlation above which pulses count as identical
_FASTEST_PLAIN_BPM: Final = 205.0  # listeners tap to every second pulse of faster ones
_LEAST_STABILITY: Final = 0.1
_CHANCE: Final = 7.0  # divided by the root of the frames: the height of a peak by chance
_UNSETTLED_FRAMES: Final = 4
# Least onset strength in octaves summed over bands: of all registers together, of the low, middle and high register,
# of the notes (none) and of the treble. Weaker changes are the ripple of a tone, or do not mark a beat.
_LEAST_STRENGTH: Final = (12.0, 1.0, 3.0, 3.0, 0.0, 1.0)
_TREBLE_WEIGHT: Final = 0.5  # in the curve of all bands
_BATCH: Final = 16  # windows
_LEAST_VARIATION: Final = 0.02  # relative to the highest value so far; windows that vary less are empty

FloatSeries = NDArray[np.float64]


class TempoEstimate(NamedTuple):
    """Tempo in BPM, None without a beat; and the rhythm stability, 0 to 1."""

    tempo_bpm: float | None
    stability: float


class Tempograms(NamedTuple):
    """Autocorrelation tempogram, Fourier tempogram and onset rate per band.

    Parameters
    ----------
    autocorrelation : ndarray, shape (6, windows, lags), float64
        Of all bands together, then of low, middle and high register, notes and treble.
    fourier : ndarray, shape (5, windows, bins), float64
        Of the five bands.
    onset_rate : ndarray, shape (5, windows), float64
        log2 of onsets per second.
    """

    autocorrelation: NDArray[np.float64]
    fourier: NDArray[np.float64]
    onset_rate: NDArray[np.float64]


class TempoEstimator:
    """Estimate the tempo from autocorrelation and Fourier tempograms in windows of 12 s.

    The tempo is the autocorrelation peak with the highest salience, see `tempo_salience` (after Peeters 2007; Percival
    & Tzanetakis 2014). The stability is the mean height of the windows' highest peaks times the agreement of their
    tempi.
    """

    def __init__(self) -> None:
        self._rate = 0.0
        self._curves: FloatArray = np.empty((len(_LEAST_STRENGTH), 0), dtype=np.float32)  # from the last window on
        self._next = 0  # where in them the next window begins
        self._highest = 0.0  # so far
        self._correlation, self._salience, self._height = np.zeros(1), np.zeros(1), 0.0  # sums over windows
        self._lags: list[NDArray[np.int64]] = []  # best lag of each window

    def add(self, strength: OnsetStrength, novelty: FloatArray) -> None:
        """Add the windows of a segment.

        Parameters
        ----------
        strength : OnsetStrength
            The segment.
        novelty : ndarray, shape (2, frames), float32
            Note and treble novelty at its frames.
        """
        self._rate = strength.rate
        self._curves = np.concatenate((self._curves, onset_curves(strength, novelty)), axis=1)
        self._highest = max(self._highest, float(self._curves[0].max(initial=0)))
        length, hop = round(_WINDOW_SEC * self._rate), round(_HOP_SEC * self._rate)
        starts = range(self._next, self._curves.shape[1] - length + 1, hop)
        for first in range(0, len(starts), _BATCH):
            self._add_windows(starts[first : first + _BATCH], length)
        if starts:
            self._curves, self._next = self._curves[:, starts[-1] :].copy(), hop

    def estimate(self) -> TempoEstimate:
        """Return the tempo and stability of the whole file."""
        count, length = self._curves.shape[1], round(_WINDOW_SEC * self._rate)
        if not self._next:
            length = count  # shorter than a window: it is one window
            if count >= _SHORTEST_SEC * self._rate:
                self._add_windows((0,), length)
        elif count - length > self._rate:  # one more window for the end
            self._add_windows((count - length,), length)
        if not self._lags:
            return TempoEstimate(None, 0.0)
        window_lags = np.concatenate(self._lags)
        count = len(window_lags)
        correlation, salience, height = self._correlation / count, self._salience / count, self._height / count
        lag = int(_best_lags(correlation[None], salience[None], self._rate)[0])
        if lag == 0 or height < _CHANCE / sqrt(length):
            return TempoEstimate(None, 0.0)
        stability = height * _agreement(window_lags, lag)
        if stability < _LEAST_STABILITY:
            return TempoEstimate(None, 0.0)
        tempo_bpm = float(np.clip(60 * self._rate / _refined(correlation, lag), LOWEST_BPM, HIGHEST_BPM))
        return TempoEstimate(tempo_bpm, stability)

    def _add_windows(self, starts: Sequence[int], length: int) -> None:
        """Add the tempograms of a few windows to the sums."""
        found = tempograms(self._curves, starts, length, self._rate, self._highest)
        together = found.autocorrelation[0]
        salience = tempo_salience(found.autocorrelation[1:], found.fourier, found.onset_rate, self._rate)
        if len(together):
            self._correlation = self._correlation + together.sum(axis=0)
            self._salience = self._salience + salience.sum(axis=0)
            self._height += float(_heights(together, self._rate).sum())
            self._lags.append(_best_lags(together, salience, self._rate))


def onset_curves(strength: OnsetStrength, novelty: FloatArray) -> FloatArray:
    """Return onset-strength curves without their local means, smoothed.

    Parameters
    ----------
    strength : OnsetStrength
        A segment.
    novelty : ndarray, shape (2, frames), float32
        Note and treble novelty at its frames.

    Returns
    -------
    ndarray, shape (6, valid frames), float32
        All, low, middle, high, notes, treble.

    Examples
    --------
    >>> silence = np.zeros(200, dtype=np.float32)
    >>> bands = np.zeros((3, 200), dtype=np.float32)
    >>> strength = OnsetStrength(silence, bands, silence, silence > 0, 100.0, slice(50, 150))
    >>> onset_curves(strength, bands[:2]).shape
    (6, 100)
    """
    curves = np.concatenate((strength.band_flux.sum(axis=0, keepdims=True), strength.band_flux, novelty))
    curves = np.maximum(curves - np.array(_LEAST_STRENGTH, dtype=np.float32)[:, None], 0)
    if strength.valid.start == 0:
        curves[:, :_UNSETTLED_FRAMES] = 0  # the start of the file is not an onset
    smooth = kernels.detrend(curves, round(_LOCAL_MEAN_SEC * strength.rate) | 1)
    smooth[0] += np.float32(_TREBLE_WEIGHT) * smooth[-1]
    return smooth[:, strength.valid]


def tempograms(curves: FloatArray, starts: Sequence[int], length: int, rate: float, highest: float) -> Tempograms:
    """Compute tempograms of the non-silent windows.

    Parameters
    ----------
    curves : ndarray, shape (6, frames), float32
        See `onset_curves`.
    starts : sequence of int
        First frame of each window.
    length : int
        Frames per window.
    rate : float
        Frames per second.
    highest : float
        Maximum of the first curve so far; windows that vary much less are silent.

    References
    ----------
    Grosche, P., Müller, M., & Kurth, F. (2010). Cyclic tempogram - a mid-level tempo representation. ICASSP.

    Examples
    --------
    >>> pulses = np.zeros((6, 400), dtype=np.float32)
    >>> pulses[:, ::50] = 1
    >>> found = tempograms(pulses, (0,), 400, 100.0, 1.0)
    >>> found.autocorrelation[0, 0, [25, 50]].round(1)
    array([-0.,  1.])
    """
    windows = np.stack([curves[:, start : start + length] for start in starts], axis=1)
    windows = windows[:, windows[0].std(axis=1) > max(_LEAST_VARIATION * highest, 1e-3)]
    onset_rate = kernels.log_onset_rate(windows[1:], length / rate)
    windows -= windows.mean(axis=2, keepdims=True)
    correlations = kernels.autocorrelation_tempogram(windows.reshape(-1, length), round(LONGEST_LAG_SEC * rate))
    spectra = kernels.fourier_tempogram(windows[1:].reshape(-1, length))
    bands, count = windows.shape[:2]
    return Tempograms(
        correlations.reshape(bands, count, correlations.shape[1]),
        spectra.reshape(bands - 1, count, spectra.shape[1]),
        onset_rate,
    )


def candidate_peaks(correlations: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Return True for each window and lag that may be the beat period.

    Candidates are the peaks of the autocorrelation, except those at whose half, third or fifth the window repeats
    identically: of identical pulses each one counts.

    Parameters
    ----------
    correlations : ndarray, shape (windows, lags), float64
        Autocorrelation tempogram.
    rate : float
        Frames per second.

    Returns
    -------
    ndarray, shape (windows, candidate lags), bool
        For the lags of `candidate_lags`.

    Examples
    --------
    >>> lags = np.arange(851)
    >>> peaks = candidate_peaks(np.cos(2 * np.pi * lags / 60)[None] * np.exp(-lags / 300), 100.0)
    >>> candidate_lags(100.0)[peaks[0]]
    array([ 60, 120, 180])
    """
    periods = candidate_lags(rate)
    nearest = np.minimum(periods, correlations.shape[1] - 2)
    here, before, after = (correlations[:, nearest + step] for step in (0, -1, 1))
    peaks: NDArray[np.bool_] = (here > before) & (here >= after) & (here > 0) & (periods == nearest)
    found = peak_evidence(correlations[None], rate)[0]
    for parts in (2, 3, 5):
        identical = found[:, np.rint(periods / parts).astype(np.int64)] >= _IDENTICAL
        peaks &= ~(identical & (60 * rate * parts / periods <= _FASTEST_PLAIN_BPM))
    return peaks


def _best_lags(correlations: NDArray[np.float64], salience: NDArray[np.float64], rate: float) -> NDArray[np.int64]:
    """Return the lag in frames of each window's most salient candidate; 0 without candidates."""
    possible = candidate_peaks(correlations, rate)
    best = candidate_lags(rate)[np.argmax(np.where(possible, salience, -np.inf), axis=1)]
    found: NDArray[np.int64] = np.where(possible.any(axis=1), best, 0)
    return found


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


def _heights(correlations: NDArray[np.float64], rate: float) -> FloatSeries:
    """Return the highest correlation of each window at the candidate lags, 0 to 1."""
    periods = candidate_lags(rate)
    heights: FloatSeries = np.clip(correlations[:, periods[0] : periods[-1] + 1].max(axis=1), 0, 1)
    return heights


def _agreement(window_lags: NDArray[np.int64], lag: int) -> float:
    """Return how well the lags of the windows agree with that of the whole, up to metrical ratios, 0 to 1."""
    ratios = np.log2(np.maximum(window_lags, 1) / lag)
    distance = np.abs(ratios[:, None] - np.log2(_METRICAL_RATIOS)).min(axis=1)
    return float(np.exp(-0.5 * (distance / _SAME_TEMPO) ** 2).mean())
