"""Probability density of the tempo from a temporal convolutional network on the levels in 32 bands.

The weights are data of the package, `tempo_network.npz`; docs/decisions/0003 tells what they were trained on.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..types import FloatArray, readonly

_WEIGHTS: Final = "tempo_network.npz"
_DILATIONS: Final = (1, 2, 4, 8, 16, 32)
_TAPS: Final = (-2, -1, 0, 1, 2)
_LEAK: Final = 0.1  # of the leaky rectified linear units
_LEAST_VARIANCE: Final = 1e-4
_BATCH: Final = 6  # windows, which bounds the memory
_HOP_SEC: Final = 1024 / 44_100  # of the frames it was trained on
_SLOWEST_BPM: Final = 36.0
_STEP: Final = 0.055  # octaves from bin to bin
_BINS: Final = 51
_NEIGHBOURS: Final = (0.6, 1.0, 0.6)  # weights of the bins around a tempo
_LEAST: Final = 1e-4


def tempo_density(levels: FloatArray) -> NDArray[np.float64]:
    """Return the density of the tempo, the geometric mean over the windows.

    Parameters
    ----------
    levels : ndarray, shape (windows, 512, 32), float32
        See `band_levels.BandLevels`.

    Returns
    -------
    ndarray, shape (51,), float64
        Bins of .055 octaves from 36 BPM up; sum 1.

    Notes
    -----
    The input is the level of pairs of frames without its mean, and its rises. A convolution over three pairs and six
    residual layers with five taps and dilations from 1 to 32 follow. The means and standard deviations of all layers
    over time lead to two dense layers and a softmax.

    References
    ----------
    Böck, S., Davies, M. E. P., & Knees, P. (2019). Multi-task learning of tempo and beat: learning one to improve the
    other. ISMIR.

    Examples
    --------
    >>> tempo_density(np.zeros((1, 512, 32), dtype=np.float32)).shape
    (51,)
    """
    logits = np.concatenate([_logits(levels[first : first + _BATCH]) for first in range(0, len(levels), _BATCH)])
    logarithms = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).mean(axis=0)
    density: NDArray[np.float64] = np.exp(logarithms - np.logaddexp.reduce(logarithms))
    return density


def log_density_at(
    density: NDArray[np.float64], bpm: NDArray[np.float64], hop_sec: float = _HOP_SEC
) -> NDArray[np.float64]:
    """Return the logarithm of the density around tempi.

    Parameters
    ----------
    density : ndarray, shape (51,), float64
        See `tempo_density`.
    bpm : ndarray, shape (tempi,), float64
    hop_sec : float
        Seconds from frame to frame of the levels, as the network counts frames.

    Returns
    -------
    ndarray, shape (tempi,), float64

    Examples
    --------
    >>> log_density_at(np.eye(51)[20], np.array([80.0, 160.0])).round(1)
    array([-0.5, -9.2])
    """
    places = np.log2(bpm * hop_sec / _HOP_SEC / _SLOWEST_BPM) / _STEP
    around = np.interp(places, np.arange(_BINS), np.convolve(density, _NEIGHBOURS, "same"))
    logarithms: NDArray[np.float64] = np.log(around + _LEAST)
    return logarithms


def network_input(levels: FloatArray) -> FloatArray:
    """Return the levels of pairs of frames without the mean of each band, and their rises.

    Parameters
    ----------
    levels : ndarray, shape (windows, frames, bands), float32
        An even number of frames.

    Returns
    -------
    ndarray, shape (windows, frames / 2, 2 · bands), float32

    Examples
    --------
    >>> network_input(np.array([[[0.0], [1.0], [1.0], [1.0]]], dtype=np.float32))
    array([[[-0.25,  1.  ],
            [ 0.25,  0.  ]]], dtype=float32)
    """
    rises = np.zeros_like(levels)
    np.maximum(levels[:, 1:] - levels[:, :-1], 0, out=rises[:, 1:])
    pairs = (levels[:, ::2] + levels[:, 1::2]) / 2 - levels.mean(axis=1, keepdims=True)
    return np.concatenate((pairs, rises[:, ::2] + rises[:, 1::2]), axis=2, dtype=np.float32)


def _logits(levels: FloatArray) -> NDArray[np.float64]:
    """Return the logits of the tempo bins, shape (windows, 51)."""
    weights = _weights()
    first = _neighbours(network_input(levels)) @ weights["f1"] + weights["fb1"]
    hidden = np.maximum(np.moveaxis(first, 2, 0), 0, order="C")  # channels, windows, time: sums over time are fast
    statistics = []
    for index, dilation in enumerate(_DILATIONS):
        inner = _dense(_taps(hidden, dilation), weights[f"w{index}"], weights[f"b{index}"])
        np.maximum(inner, _LEAK * inner, out=inner)
        mean, square = inner.mean(axis=2), np.vecdot(inner, inner) / inner.shape[2]
        statistics += [mean, np.sqrt(np.maximum(square - mean**2, 0) + _LEAST_VARIANCE)]
        hidden += _dense(inner, weights[f"v{index}"], weights[f"c{index}"])
    dense = np.concatenate(statistics).T @ weights["t1"] + weights["tb1"]
    dense = np.where(dense > 0, dense, np.expm1(np.minimum(dense, 0)))
    logits: NDArray[np.float64] = (dense @ weights["t2"] + weights["tb2"]).astype(np.float64)
    return logits


def _dense(values: FloatArray, weights: FloatArray, bias: FloatArray) -> FloatArray:
    """Return a dense layer of values, shape (channels, windows, time)."""
    outputs = weights.T @ values.reshape(len(values), -1)
    outputs += bias[:, None]
    return outputs.reshape(-1, *values.shape[1:])


def _neighbours(values: FloatArray) -> FloatArray:
    """Return the values before, at and after each time beside each other, shape (windows, time, 3 · channels)."""
    padded = np.pad(values, ((0, 0), (1, 1), (0, 0)))
    return np.concatenate((padded[:, :-2], values, padded[:, 2:]), axis=2)


def _taps(values: FloatArray, dilation: int) -> FloatArray:
    """Return the values at all taps, shape (taps · channels, windows, time); zeros surround them."""
    taps: FloatArray = np.zeros((len(_TAPS), *values.shape), dtype=np.float32)
    for to, tap in zip(taps, _TAPS, strict=True):
        later, earlier = max(0, tap * dilation), max(0, -tap * dilation)
        to[..., earlier : to.shape[-1] - later] = values[..., later : to.shape[-1] - earlier]
    return taps.reshape(-1, *values.shape[1:])


@cache
def _weights() -> dict[str, FloatArray]:
    with (files(__package__) / _WEIGHTS).open("rb") as stream, np.load(stream) as stored:
        return {name: readonly(stored[name].astype(np.float32)) for name in stored.files}
