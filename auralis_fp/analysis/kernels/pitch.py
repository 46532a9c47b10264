"""Period picking on the YIN difference function, and refinement of long periods."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray
from . import compiled
from .dispatch import has_compiled
from .interpolation import parabolic_offset
from .period_search import REACHES, STEPS, search_periods

COARSE_FROM: Final = 25  # samples; shorter lags are searched in quarters of a sample
THRESHOLD: Final = 0.15  # of the cumulative mean normalised difference function (YIN)
_LONG: Final = 0.2  # of a frame; periods from here on are refined
_RELAXED: Final = 0.3  # threshold for the longest periods, of which a frame holds too few for a deep dip
_ALIKE: Final = 8 * STEPS  # steps; periods this near each other share a product


@has_compiled(compiled.yin_periods)
def yin_periods(
    difference: FloatArray, fine: FloatArray, lags: NDArray[np.float64], limits: FloatArray
) -> tuple[NDArray[np.float64], FloatArray]:
    """Return the period of each frame: the first dip of the normalised difference function under the threshold.

    Parameters
    ----------
    difference : ndarray, shape (frames, whole_lags), float32
        Difference function at whole lags from 0 on.
    fine : ndarray, shape (frames, fine_lags), float32
        Difference function at the quarters of samples below `COARSE_FROM`.
    lags : ndarray, shape (lags,), float64
        All searched lags in samples: the fine ones, then the whole ones from `COARSE_FROM` on.
    limits : ndarray, shape (lags,), float32
        Threshold divided by the lag.

    Returns
    -------
    periods : ndarray, shape (frames,), float64
        In samples; infinite where no dip is deep enough.
    cumulative : ndarray, shape (frames, last lag), float32
        Cumulative sum of the difference function from lag 1 on.

    Notes
    -----
    ``d(t) · t / sum(d(1) … d(t)) < threshold``. The dip at the largest multiple of the period within half the longest
    lag refines the period by parabolic interpolation.

    References
    ----------
    de Cheveigné, A., & Kawahara, H. (2002). YIN, a fundamental frequency estimator for speech and music. JASA 111(4).

    Examples
    --------
    >>> lags = np.concatenate((np.arange(20, 100) / 4, np.arange(25, 62)))
    >>> def differences(at):
    ...     return (1 - np.cos(2 * np.pi * at / 30)).astype(np.float32)[None]
    >>> periods, _ = yin_periods(
    ...     differences(np.arange(65)), differences(lags[:80]), lags, (0.15 / lags).astype(np.float32)
    ... )
    >>> periods.round(2)
    array([30.])
    """
    last = int(lags[-1])
    whole, fraction = (lags[: fine.shape[1]] - 1).astype(np.int64), ((lags[: fine.shape[1]] - 1) % 1).astype(np.float32)
    cumulative: FloatArray = np.cumsum(difference[:, 1 : last + 1], axis=1)
    up_to = cumulative[:, whole] * (1 - fraction) + cumulative[:, whole + 1] * fraction
    searched = np.concatenate((fine, difference[:, COARSE_FROM : last + 1]), axis=1)
    bounds = np.concatenate((up_to, cumulative[:, COARSE_FROM - 1 :]), axis=1) * limits
    under = searched[:, :-1] < bounds[:, :-1]
    found = np.flatnonzero(under.any(axis=1))
    dips = under[found]
    dips &= searched[found, :-1] * bounds[found, 1:] <= searched[found, 1:] * bounds[found, :-1]
    has_dip = dips.any(axis=1)
    found, dips = found[has_dip], dips[has_dip]
    periods = np.full(len(difference), np.inf)
    if len(found):
        first = lags[dips.argmax(axis=1)]
        multiple = np.maximum(1, (last - 1) // 2 // first)
        periods[found] = _lowest_near(difference[found], multiple * first) / multiple
    return periods, cumulative


def _lowest_near(difference: FloatArray, lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the interpolated lag of the lowest difference within two samples of each given lag."""
    around = np.rint(lags).astype(np.int64)[:, None] + np.arange(-2, 3)
    frames = np.arange(len(around))
    lowest = around[frames, difference[frames[:, None], around].argmin(axis=1)]
    before, dip, after = difference[frames[:, None], lowest[:, None] + np.arange(-1, 2)].T.astype(np.float64)
    vertex: NDArray[np.float64] = lowest + parabolic_offset(-before, -dip, -after, 1.0)
    return vertex


@has_compiled(compiled.refine_long_periods)
def refine_long_periods(
    power: FloatArray,
    difference: FloatArray,
    cumulative: FloatArray,
    periods: NDArray[np.float64],
    doubtful_from: int,
    cosines: FloatArray,
    window: NDArray[np.float64],
) -> None:
    """Refine long periods in place, and add those whose dip is blurred because a frame holds few of them.

    Blurred dips depend on where the periods lie in a frame, so the power of five neighbouring frames is averaged.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
    difference, cumulative : ndarray, float32
        As given to and returned by `yin_periods`.
    periods : ndarray, shape (frames,), float64
        As returned by `yin_periods`; changed in place.
    doubtful_from : int
        Lag in samples from which the relaxed threshold applies.
    cosines : ndarray, shape (lags, bins), float32
    window : ndarray, shape (4 · frame_length + 1,), float64
        See `refine_periods`.

    Examples
    --------
    >>> power = np.zeros((1, 4), dtype=np.float32)
    >>> difference, cumulative = np.ones((1, 40), dtype=np.float32), np.ones((1, 36), dtype=np.float32)
    >>> periods = np.array([5.0])
    >>> refine_long_periods(power, difference, cumulative, periods, 30, np.ones((9, 4), np.float32), np.ones(257))
    >>> periods
    array([5.])
    """
    points = (len(window) - 1) // STEPS
    last = cumulative.shape[1]
    lags = np.arange(doubtful_from, last + 1)
    depths = difference[:, doubtful_from : last + 1] * lags
    limits = cumulative[:, doubtful_from - 1 :] * np.float32(_RELAXED)
    doubtful = np.flatnonzero(np.isinf(periods) & (depths < limits).any(axis=1))
    long = np.flatnonzero(np.isfinite(periods) & (periods >= _LONG * points))
    if not len(long) + len(doubtful):
        return
    first = lags[(depths[doubtful] / limits[doubtful]).argmin(axis=1)]
    frames, guesses = np.concatenate((long, doubtful)), np.concatenate((periods[long], first))
    powers, few = power[frames], guesses >= doubtful_from
    powers[few] = sum(power[each] for each in _neighbours(frames[few], len(power))) / np.float32(5)
    refined, heights = refine_periods(powers, guesses, cosines, window)
    periods[long] = refined[: len(long)]
    longer, at_zero = refined[len(long) :], 2 / points * powers[len(long) :].sum(axis=1)
    mean_sums = cumulative[_neighbours(doubtful, len(cumulative)), first - 1].mean(axis=0)
    steady = (at_zero - heights[len(long) :]) * longer < THRESHOLD * mean_sums
    periods[doubtful] = np.where(steady, longer, np.inf)


def _neighbours(frames: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the indices of each frame and two on either side, of *count* frames, shape (5, frames)."""
    around: NDArray[np.int64] = np.clip(frames + np.arange(-2, 3)[:, None], 0, count - 1)
    return around


def _correlation_near(power: FloatArray, periods: NDArray[np.float64], cosines: FloatArray, circle: int) -> FloatArray:
    """Return the circular autocorrelation around each period and one period before the end of the circle.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
    periods : ndarray, shape (frames,), float64
        In steps.
    cosines : ndarray, shape (lags, <= bins), float32
    circle : int
        Steps in a frame; the lags end at half of it.

    Returns
    -------
    ndarray, shape (frames, lags), float32
        Undefined beyond what `REACHES` allow to search.
    """
    half, span = circle // 2, sum(REACHES)
    first, usable = half + 1 - len(cosines), power[:, : cosines.shape[1]]
    correlation: FloatArray = np.empty((len(power), len(cosines)), np.float32)
    whole = np.clip(np.rint(periods), first + REACHES[0], (circle - first) // 2 - REACHES[0]).astype(np.int64)
    groups = whole // _ALIKE
    for group in np.unique(groups):
        frames = np.flatnonzero(groups == group)
        low, high = int(whole[frames].min()), int(whole[frames].max())
        start, end = circle - 2 * (high + span), circle - 2 * (low - span)  # folded at half of the circle
        folded = (
            (min(start, circle - end), half)
            if start < half < end
            else sorted((min(start, circle - start), min(end, circle - end)))
        )
        powers = usable[frames]
        for lags in ((low - span, high + span), folded):
            rows = slice(max(0, lags[0] - first), lags[1] + 1 - first)
            correlation[frames, rows] = powers @ cosines[rows].T
    return correlation


def refine_periods(
    power: FloatArray, periods: NDArray[np.float64], cosines: FloatArray, window: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Refine periods of a fifth to less than half of a frame to a few hundredths of a sample.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
        Of Hann-windowed frames.
    periods : ndarray, shape (frames,), float64
        Estimates, in samples.
    cosines : ndarray, shape (lags, <= bins), float32
        Turns power into the circular autocorrelation at the *lags* quarter-sample lags up to half a frame.
    window : ndarray, shape (4 · frame_length + 1,), float64
        Autocorrelation of the window at all quarter-sample lags of a frame.

    Returns
    -------
    periods : ndarray, shape (frames,), float64
        In samples.
    heights : ndarray, shape (frames,), float64
        The signal's own correlation there, on the scale of lag 0.

    Notes
    -----
    The autocorrelation of the transform is circular: at lag ``p`` it is ``a W(p) + b W(N - p)``, with ``W`` that of the
    window and ``a``, ``b`` the signal's own at ``p`` and ``N - p``. At lag ``N - p - q``, one period ``q`` later, it is
    ``b W(N - p - q) + a W(p + q)``, because the signal's own correlation is periodic. The two equations give ``a``,
    whose maximum is the period, and the next ``q``.

    Examples
    --------
    >>> from auralis_fp.analysis.tonal.pitch_refinement import correlation_tables
    >>> spectrum = np.abs(np.fft.fft(np.hanning(65)[:-1] * np.cos(2 * np.pi * np.arange(64) / 16))) ** 2
    >>> power = spectrum[None, :32].astype(np.float32)
    >>> refined, _ = refine_periods(power, np.array([15.5]), *correlation_tables(32, 64))
    >>> refined.round(1)
    array([16.])
    """
    return search_periods(_correlation_near(power, periods * STEPS, cosines, len(window) - 1), periods, window)


def power_near(power: FloatArray, frames: NDArray[np.int64], places: NDArray[np.float64]) -> FloatArray:
    """Return the power of the strongest of the three bins around a place in each of some frames.

    Parameters
    ----------
    power : ndarray, shape (frames, bins), float32
    frames : ndarray, shape (places,), int64
        Indices of the frames.
    places : ndarray, shape (places,), float64
        In bins; places outside the spectrum count as its ends.

    Returns
    -------
    ndarray, shape (places,), float32

    Examples
    --------
    >>> power_near(np.float32([[0, 1, 5, 0, 9]]), np.array([0]), np.array([1.2]))
    array([5.], dtype=float32)
    """
    last = power.shape[1] - 1
    nearest = np.rint(np.clip(places, 0, last)).astype(np.int64)
    around = np.clip(nearest[:, None] + np.arange(-1, 2), 0, last)
    strongest: FloatArray = power[frames[:, None], around].max(axis=1)
    return strongest
