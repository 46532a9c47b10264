"""Decimated sub-bands: signals at about 11 kHz and 2.8 kHz made from the lowest STFT bins by overlap-add."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..level.kweighting import KWeighting
from ..types import ComplexArray, FloatArray
from .grid import STFTGrid

MID_POINTS: Final = 512  # bins of a frame kept for the sub-band at about 11 kHz
LOW_POINTS: Final = 128  # bins of a frame kept for the sub-band at about 2.8 kHz
MID_FADE_HZ: Final = (3800.0, 5450.0)
LOW_FADE_HZ: Final = (500.0, 1300.0)
FRAMES_PER_FFT: Final = 64  # a batch of frames and its intermediate results fit into the processor's cache
FRAMES_PER_CHUNK: Final = 4 * FRAMES_PER_FFT  # frames passed on together


@dataclass(frozen=True)
class SubbandRates:
    """Sample rates and power responses of the decimated sub-bands.

    The low sub-band fades out over ``LOW_FADE_HZ``. `low_share` is the share of the power that it holds at a
    frequency; the STFT holds the rest when multiplied by ``1 - low_share``.

    Parameters
    ----------
    grid : STFTGrid
    """

    grid: STFTGrid

    @property
    def mid_rate(self) -> float:
        """Sample rate of the sub-band at about 11 kHz, in Hz."""
        return self.grid.bin_width_hz * MID_POINTS

    @property
    def low_rate(self) -> float:
        """Sample rate of the sub-band at about 2.8 kHz, in Hz."""
        return self.grid.bin_width_hz * LOW_POINTS

    @staticmethod
    def mid_share(frequencies: FloatArray) -> FloatArray:
        """Return the power response of the mid sub-band at frequencies in Hz, 0 to 1."""
        return fade_out(frequencies, *MID_FADE_HZ)

    @staticmethod
    def low_share(frequencies: FloatArray) -> FloatArray:
        """Return the power response of the low sub-band at frequencies in Hz, 0 to 1, without its K-weighting shelf."""
        return fade_out(frequencies, *LOW_FADE_HZ)

    def mid_gain(self, frequencies: FloatArray) -> FloatArray:
        """Return the amplitude response of the mid sub-band at frequencies in Hz."""
        return np.sqrt(self.mid_share(frequencies))

    def low_gain(self, frequencies: FloatArray) -> FloatArray:
        """Return the amplitude response of the low sub-band at frequencies in Hz, with its K-weighting shelf."""
        shelf = np.abs(KWeighting(self.grid.sample_rate).shelf(frequencies))
        return (np.sqrt(self.low_share(frequencies)) * shelf).astype(np.float32)


def fade_out(frequencies: FloatArray, start_hz: float, end_hz: float) -> FloatArray:
    """Return a power response that falls from 1 to 0, smooth enough that the filter rings within a frame.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,), float32
        Hz.
    start_hz, end_hz : float
        Where the fade begins and ends.

    Returns
    -------
    ndarray, shape (bins,), float32

    Notes
    -----
    The power-complementary Vorbis window slope: ``cos²(π/2 · sin²(π/2 · x))``.

    Examples
    --------
    >>> fade_out(np.float32([100, 150, 200]), 100.0, 200.0).round(3)
    array([1. , 0.5, 0. ], dtype=float32)
    """
    position = np.clip((np.abs(frequencies) - start_hz) / (end_hz - start_hz), 0, 1)
    gain: FloatArray = (np.cos(np.pi / 2 * np.sin(np.pi / 2 * position) ** 2) ** 2).astype(np.float32)
    return gain


class SubbandDecimator:
    """Bin gains, overlap and output buffer of one decimated sub-band; `kernels.stft` computes the samples.

    Parameters
    ----------
    grid : STFTGrid
    points : int
        Length of the synthesis transform.
    pairs : int
        Pairs of channels.
    gain : ndarray, shape (min(points, frame_length) / 2,), float32
        Amplitude response at the bins.
    """

    def __init__(self, grid: STFTGrid, points: int, pairs: int, gain: FloatArray) -> None:
        self._hop = points // 2
        gains = np.repeat(gain * points / grid.frame_length, 2).astype(np.float32)
        self.gains: FloatArray = np.concatenate((gains, gains[:1:-1]))  # of the bins above, and below, zero
        self.tails = np.zeros((pairs, points), dtype=np.float32)
        self._skip = self._hop  # the first half frame lies before the file's first sample
        self._filled = [0] * pairs  # samples
        self._signal = self._empty()

    def reserve(self, pair: int, frames: int) -> ComplexArray:
        """Return the part of the output buffer for the next frames of a pair.

        Parameters
        ----------
        pair : int
            Index of the pair of channels.
        frames : int

        Returns
        -------
        ndarray, shape (frames · points / 2,), complex64
        """
        start, self._filled[pair] = self._filled[pair], self._filled[pair] + frames * self._hop
        return self._signal[pair, start : self._filled[pair]]

    def take(self) -> ComplexArray:
        """Remove and return the complete samples, shape (pairs, samples)."""
        signal = self._signal[:, self._skip : self._filled[0]]
        self._skip, self._filled, self._signal = 0, [0] * len(self._filled), self._empty()
        return signal

    def _empty(self) -> ComplexArray:
        return np.empty((len(self.tails), FRAMES_PER_CHUNK * self._hop), dtype=np.complex64)


def bin_range(grid: STFTGrid, points: int) -> FloatArray:
    """Return the frequencies in Hz of the STFT bins that a sub-band keeps.

    Parameters
    ----------
    grid : STFTGrid
    points : int
        Length of the synthesis transform.

    Returns
    -------
    ndarray, shape (min(points, frame_length) / 2,), float32

    Examples
    --------
    >>> bin_range(STFTGrid(8000, 400), 8)
    array([ 0., 20., 40., 60.], dtype=float32)
    """
    return np.arange(min(points, grid.frame_length) // 2, dtype=np.float32) * np.float32(grid.bin_width_hz)
