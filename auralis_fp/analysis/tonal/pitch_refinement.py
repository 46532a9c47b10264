"""Periods that fill much of a frame, found more finely than its plain autocorrelation shows them."""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, kept

_STEPS: Final = 4  # lags to a sample
_LEAST_LAG: Final = 0.15  # of a frame: nothing shorter is looked at
_REACHES: Final = (4 * _STEPS, 2, 2)  # steps about a period in which it is looked for again, round by round


def hann_correlation(lags: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the autocorrelation of a Hann window at lags given as shares of its length; 1 at lag 0, 0 from 1 on."""
    inside = np.clip(lags, 0, 1)
    turns = 2 * np.pi * inside
    correlation: NDArray[np.float64] = (1 - inside) * (2 + np.cos(turns)) / 3 + np.sin(turns) / (2 * np.pi)
    return np.maximum(correlation, 0)


def refined_periods(
    power: FloatArray, periods: NDArray[np.float64], points: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return periods of a fifth to less than half of a frame, to a few hundredths of a sample.

    The transform's correlation is circular: at lag ``p`` it is ``a W(p) + b W(N - p)``, with ``W`` that of the window
    and ``a``, ``b`` the signal's own at ``p`` and ``N - p``. One period ``q`` on it is ``b W(N - p - q) + a W(p + q)``
    at lag ``N - p - q``, for the signal's own correlation repeats itself; the two equations give ``a``, whose highest
    point is the period, and the next ``q``.

    Parameters
    ----------
    power : ndarray, shape (frames, bins)
        Of Hann-windowed frames of *points* samples.
    periods : ndarray, shape (frames,)
        First guesses, in samples.
    points : int

    Returns
    -------
    periods : ndarray, shape (frames,)
        In samples.
    heights : ndarray, shape (frames,)
        The signal's own correlation there, as it would be at lag 0.
    """
    circle = points * _STEPS
    bins = min(points // 2, power.shape[1])
    correlation = power[:, :bins] @ _cosines(bins, circle)
    first = circle // 2 + 1 - correlation.shape[1]
    frames = np.arange(len(power))
    period = periods * _STEPS
    for reach in _REACHES:
        whole = np.clip(np.rint(period).astype(np.int64), first + reach, (circle - first) // 2 - reach)
        lags = whole[:, None] + np.arange(-reach, reach + 1)
        on = whole[:, None]
        here, after = (
            correlation[frames[:, None], np.minimum(lag, circle - lag) - first] for lag in (lags, circle - lags - on)
        )
        near, far = _window(lags, circle), _window(circle - lags, circle)
        far_after, near_after = _window(circle - lags - on, circle), _window(lags + on, circle)
        own = (here * far_after - after * far) / (near * far_after - far * near_after)
        highest = np.clip(own.argmax(axis=1), 1, 2 * reach - 1)
        before, at, behind = (own[frames, highest + step] for step in (-1, 0, 1))
        curvature = before - 2 * at + behind
        shift = np.divide(before - behind, 2 * curvature, out=np.zeros_like(at), where=curvature < 0)
        period = whole + highest - reach + np.clip(shift, -1, 1)
    return period / _STEPS, at


@cache
def _cosines(bins: int, circle: int) -> FloatArray:
    """Return what makes power a circular correlation at the lags that matter, up to half a circle."""
    lags = np.arange(int(_LEAST_LAG * circle), circle // 2 + 1)
    cosines = np.cos(2 * np.pi / circle * np.outer(np.arange(bins), lags)) * (2 * _STEPS / circle)
    cosines[0] /= 2
    return kept(cosines.astype(np.float32))


@cache
def _windows(circle: int) -> NDArray[np.float64]:
    """Return the window's correlation at all whole lags of a circle: looked up, as cosines of every lag take long."""
    return hann_correlation(np.arange(circle + 1) / circle)


def _window(lags: NDArray[np.int64], circle: int) -> NDArray[np.float64]:
    return np.take(_windows(circle), lags, mode="clip")
