"""Streaming short-time Fourier transform (STFT).

Each frame is transformed once. Its power spectrum serves the spectral features; its lowest bins yield the decimated
sub-bands, for features that need a finer frequency resolution than a short frame has.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from ..kernels import stft as kernels
from ..kernels.framing import are_silent
from ..kernels.levels import is_plain_stereo
from ..kernels.windows import power_window
from ..types import ComplexArray, FloatArray
from .decimation import (
    FRAMES_PER_CHUNK,
    FRAMES_PER_FFT,
    LOW_POINTS,
    MID_POINTS,
    SubbandDecimator,
    SubbandRates,
    bin_range,
)
from .framing import Framer
from .grid import STFTGrid


@dataclass(frozen=True)
class Spectra:
    """A chunk of consecutive STFT frames, with the sub-band samples they complete.

    Parameters
    ----------
    grid : STFTGrid
    power : ndarray, shape (frames, n_bins), float32
        One-sided power spectra (hop length half a frame), summed over the full-range channels; their sum over all bins
        is the mean square of the windowed frame, so a full-scale sine in one channel reads 0.5.
    weighted : ndarray, shape (frames, n_bins), float32
        The same with the channel weights of ITU-R BS.1770.
    power_above_20k : ndarray, shape (frames,), float32
        Weighted power above the highest bin.
    frame_energy, windowed_energy : ndarray, shape (frames,), float32
        Mean square of each frame before and after windowing.
    image : ndarray, shape (2, bins), float64
        Energy, and product of left and right, in each bin of the stereo downmix, see `kernels.stereo.cross_spectrum`.
    mid_band, low_band : ndarray, shape (pairs, samples), complex64
        Decimated sub-bands: left channel real, right imaginary. ``low_band`` carries the shelf of the K-weighting, see
        `SubbandRates`.
    """

    grid: STFTGrid
    power: FloatArray
    weighted: FloatArray
    power_above_20k: FloatArray
    frame_energy: FloatArray
    windowed_energy: FloatArray
    image: NDArray[np.float64]
    mid_band: ComplexArray
    low_band: ComplexArray

    @cached_property
    def total(self) -> FloatArray:
        """Power of each frame, summed over its bins, shape (frames,)."""
        return self.power @ np.ones(self.power.shape[1], dtype=np.float32)


@dataclass(frozen=True)
class ChannelPair:
    """One or two channels that share a complex transform, and their weight in the loudness."""

    channels: tuple[int, ...]
    weight: float


class StreamingSTFT:
    """STFT of a stream of blocks: Hann window, half overlap, each frame's mean removed.

    Two channels share one complex transform: ``|L|² + |R|²`` at bin k is ``(|Z[k]|² + |Z[-k]|²) / 2`` of ``L + iR``.

    Parameters
    ----------
    grid : STFTGrid
    pairs : sequence of ChannelPair
    channels : int
        Channels of the blocks.
    downmix : ndarray, shape (2, channels), float32, optional
        Gains of the channels in left and right of the stereo image; without them there is none.
    """

    def __init__(
        self, grid: STFTGrid, pairs: Sequence[ChannelPair], channels: int, downmix: FloatArray | None = None
    ) -> None:
        self.grid = grid
        self._pairs = pairs
        self._plain_stereo = downmix is not None and is_plain_stereo(downmix)
        self._downmix = downmix if channels > 1 and not self._plain_stereo else None
        self._image_bins = grid.image_bins
        self._one_weight = all(pair.weight == 1.0 for pair in pairs)
        length = grid.frame_length
        self._framer = Framer(length, grid.hop_length, channels, FRAMES_PER_FFT)
        self._window, mid_gain, low_gain = _tables(grid)
        size = kernels.scratch_size(FRAMES_PER_FFT, length, MID_POINTS, LOW_POINTS)
        self._scratch: FloatArray = np.empty(size, dtype=np.float32)
        self._mid = SubbandDecimator(grid, MID_POINTS, len(pairs), mid_gain)
        self._low = SubbandDecimator(grid, LOW_POINTS, len(pairs), low_gain)
        self._chunk = self._new_chunk()

    def transform(self, block: FloatArray) -> Iterator[Spectra]:
        """Frame and transform a block, shape (samples, channels); yield the chunks of frames it completes."""
        for frames in self._framer.split(block):
            yield from self._add(frames)

    def flush(self) -> Iterator[Spectra]:
        """Yield the chunks of the remaining frames, which are padded."""
        for frames in self._framer.flush():
            yield from self._add(frames)
        if self._chunk.count:
            yield self._complete()

    def _add(self, frames: FloatArray) -> Iterator[Spectra]:
        """Transform one cache-sized batch of frames."""
        chunk, first = self._chunk, self._chunk.count
        chunk.count += len(frames)
        rows = slice(first, chunk.count)
        above, frame_energy, windowed_energy = chunk.sums[:, rows]
        for index, pair in enumerate(self._pairs):
            out = np.empty_like(chunk.power[rows]) if index else chunk.power[rows]
            energy, windowed, rest = self._transform_pair(frames, index, pair, out)
            frame_energy += energy
            windowed_energy += windowed
            above += rest * np.float32(pair.weight)
            if index:
                chunk.power[rows] += out
            if not self._one_weight:
                chunk.weighted[rows] += out * np.float32(pair.weight)
        if self._downmix is not None:
            chunk.image += kernels.downmix_image(frames, self._downmix, self._window, self._image_bins)
        if chunk.count == FRAMES_PER_CHUNK:
            yield self._complete()

    def _transform_pair(
        self, frames: FloatArray, index: int, pair: ChannelPair, out: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        mid, low = self._mid, self._low
        if are_silent(frames) and not (mid.tails[index].any() or low.tails[index].any()):  # digital silence
            for band in (mid, low):
                band.reserve(index, len(frames))[...] = 0
            out[...] = 0
            nothing: FloatArray = np.zeros(len(frames), dtype=np.float32)
            return nothing, nothing, nothing
        return kernels.transform_pair(
            frames,
            pair.channels[0],
            pair.channels[-1],
            self._window,
            mid.gains,
            mid.tails[index],
            mid.reserve(index, len(frames)),
            low.gains,
            low.tails[index],
            low.reserve(index, len(frames)),
            out,
            self._scratch,
            self._chunk.image if self._plain_stereo else None,
        )

    def _new_chunk(self) -> "_Chunk":
        power: FloatArray = np.empty((FRAMES_PER_CHUNK, self.grid.n_bins), dtype=np.float32)
        weighted = power if self._one_weight else np.zeros_like(power)
        sums = np.zeros((3, FRAMES_PER_CHUNK), dtype=np.float32)
        return _Chunk(power, weighted, sums, np.zeros((2, self._image_bins)))

    def _complete(self) -> Spectra:
        chunk, count = self._chunk, self._chunk.count
        self._chunk = self._new_chunk()
        above, frame_energy, windowed_energy = chunk.sums[:, :count]
        power, weighted = chunk.power[:count], chunk.weighted[:count]
        mid, low = self._mid.take(), self._low.take()
        return Spectra(self.grid, power, weighted, above, frame_energy, windowed_energy, chunk.image, mid, low)


@dataclass
class _Chunk:
    """Frames gathered so far: ``sums`` holds the power above 20 kHz and the frame and windowed energies."""

    power: FloatArray
    weighted: FloatArray
    sums: FloatArray
    image: NDArray[np.float64]
    count: int = 0


@lru_cache(maxsize=4)
def _tables(grid: STFTGrid) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the window for the two interleaved channels of a pair, and the gains of the bins of both sub-bands."""
    window, rates = power_window(grid.frame_length), SubbandRates(grid)
    scale = window[grid.hop_length]  # its maximum: the sub-bands are not to be scaled
    mid_gain = rates.mid_gain(bin_range(grid, MID_POINTS)) / scale
    low_gain = rates.low_gain(bin_range(grid, LOW_POINTS)) / scale
    return np.repeat(window, 2).astype(np.float32), mid_gain, low_gain
