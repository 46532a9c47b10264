"""Frame length, hop length and frequency bins of the STFT, and rectangular filter banks on such bins."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import fft

from ..types import FloatArray

FRAME_SEC: Final = 2048 / 44_100
LOWEST_HZ: Final = 20.0  # inaudible below
HIGHEST_HZ: Final = 20_000.0
HIGHEST_OF_IMAGE_HZ: Final = 8000.0  # above, codecs keep little of the stereo image
SILENCE_POWER: Final = 1e-7  # mean square per channel: frames under -70 dBFS count as silent


@dataclass(frozen=True)
class STFTGrid:
    """Time and frequency grid of the STFT, alike in seconds and hertz at every sample rate.

    Parameters
    ----------
    sample_rate : int
        Hz.
    frame_length : int
        Samples (``n_fft``), even; the hop length is half of it.
    """

    sample_rate: int
    frame_length: int

    @classmethod
    @lru_cache(maxsize=4)  # a grid keeps tables of its frequencies
    def for_rate(cls, sample_rate: int) -> "STFTGrid":
        """Choose frames of about 46 ms whose length transforms fast."""
        return cls(sample_rate, 2 * fft.next_fast_len(max(8, round(FRAME_SEC * sample_rate / 2)), real=False))

    @property
    def hop_length(self) -> int:
        """Samples from frame to frame."""
        return self.frame_length // 2

    @property
    def hop_sec(self) -> float:
        """Seconds from frame to frame."""
        return self.hop_length / self.sample_rate

    @property
    def bin_width_hz(self) -> float:
        """Distance of neighbouring bins in Hz."""
        return self.sample_rate / self.frame_length

    @property
    def n_bins(self) -> int:
        """Number of bins kept: those up to 20 kHz, or up to half the sample rate."""
        return min(self.hop_length, int(HIGHEST_HZ / self.bin_width_hz + 0.5)) + 1

    @property
    def image_bins(self) -> int:
        """Number of bins of the cross-spectrum: those up to 8 kHz, or up to half the sample rate."""
        return min(self.hop_length, int(HIGHEST_OF_IMAGE_HZ / self.bin_width_hz) + 1)

    @cached_property
    def frequencies(self) -> FloatArray:
        """Centre of each bin in Hz, shape (n_bins,)."""
        return np.arange(self.n_bins, dtype=np.float32) * np.float32(self.bin_width_hz)

    @cached_property
    def audible(self) -> FloatArray:
        """Share of each bin that lies between 20 Hz and 20 kHz, shape (n_bins,)."""
        return band_shares(self.frequencies, self.bin_width_hz, LOWEST_HZ, HIGHEST_HZ)


def band_shares(frequencies: FloatArray, width_hz: float, low_hz: float, high_hz: float) -> FloatArray:
    """Return the share of each bin that lies in a band.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,), float32
        Centres of the bins in Hz.
    width_hz : float
        Width of a bin in Hz.
    low_hz, high_hz : float
        Edges of the band in Hz.

    Returns
    -------
    ndarray, shape (bins,), float32
        0 outside the band, 1 inside, between for bins on an edge.

    Examples
    --------
    >>> band_shares(np.float32([10, 20, 30]), 10.0, 20.0, 35.0)
    array([0. , 0.5, 1. ], dtype=float32)
    """
    upper = np.minimum(frequencies + width_hz / 2, high_hz)
    lower = np.maximum(frequencies - width_hz / 2, low_hz)
    shares: FloatArray = np.clip((upper - lower) / width_hz, 0.0, 1.0).astype(np.float32)
    return shares


def band_matrix(frequencies: FloatArray, width_hz: float, edges_hz: Iterable[float]) -> FloatArray:
    """Return a rectangular filter bank: the share of each bin in each band between neighbouring edges.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,), float32
        Centres of the bins in Hz.
    width_hz : float
        Width of a bin in Hz.
    edges_hz : iterable of float
        Ascending edges in Hz.

    Returns
    -------
    ndarray, shape (bands, bins), float32

    Examples
    --------
    >>> band_matrix(np.float32([10, 20, 30]), 10.0, (5.0, 20.0, 35.0))
    array([[1. , 0.5, 0. ],
           [0. , 0.5, 1. ]], dtype=float32)
    """
    return np.stack([band_shares(frequencies, width_hz, low, high) for low, high in pairwise(edges_hz)])
