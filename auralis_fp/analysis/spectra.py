"""The only Fourier transforms: power spectra of frames, summed over channels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from .blocks import Framer
from .measured import ComplexArray, FloatArray


@dataclass(frozen=True)
class Grid:
    """Where frames and bins lie: equal in seconds and hertz at every sample rate.

    Parameters
    ----------
    sample_rate : int
        Hz.
    frame_length : int
        Samples, even; the hop is half of it.
    """

    sample_rate: int
    frame_length: int

    @classmethod
    def of_seconds(cls, sample_rate: int, frame_sec: float) -> "Grid":
        """Choose the even frame length nearest above *frame_sec* that transforms fast."""
        return cls(sample_rate, 2 * fft.next_fast_len(max(2, round(frame_sec * sample_rate / 2)), real=False))

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return self.frame_length // 2

    @property
    def frame_rate(self) -> float:
        """Frames per second."""
        return self.sample_rate / self.hop

    @property
    def bin_width_hz(self) -> float:
        """Distance of bins, in Hz."""
        return self.sample_rate / self.frame_length

    @cached_property
    def frequencies(self) -> FloatArray:
        """Centre of each bin in Hz, shape (bins,)."""
        return np.arange(self.frame_length // 2 + 1, dtype=np.float32) * np.float32(self.bin_width_hz)


@dataclass(frozen=True)
class Spectra:
    """A run of consecutive frames.

    ``power`` is (frames, bins) float32, one-sided and summed over channels: the sum over bins is the mean square of
    the windowed frame (window energy divided out), so a full-scale sine in one channel reads 0.5.
    """

    grid: Grid
    power: FloatArray


class SpectrumAnalyser:
    """Power spectra of a stream, Hann window, half overlap.

    Two channels share one complex transform: ``|L|² + |R|²`` at bin k is ``(|Z[k]|² + |Z[-k]|²) / 2`` of ``L + iR``.
    """

    def __init__(self, grid: Grid, channels: int, batch: int = 128) -> None:
        self.grid = grid
        self._channels = channels
        self._framer = Framer(grid.frame_length, grid.hop, channels, batch)
        window = np.hanning(grid.frame_length + 1)[:-1]
        self._window = (window / np.sqrt(grid.frame_length * (window**2).sum())).astype(np.float32)

    def feed(self, block: FloatArray) -> Iterator[Spectra]:
        """Take a block, shape (samples, channels); hand out the spectra it completes."""
        for frames in self._framer.feed(block):
            yield self._spectra(frames)

    def flush(self) -> Iterator[Spectra]:
        """Hand out the spectra of what is left."""
        for frames in self._framer.flush():
            yield self._spectra(frames)

    def _spectra(self, frames: FloatArray) -> Spectra:
        half = self.grid.frame_length // 2
        power = np.zeros((len(frames), half + 1), dtype=np.float32)
        for first in range(0, self._channels, 2):
            pair = frames[:, :, first : first + 2]
            if pair.shape[2] == 2:
                packed: ComplexArray = np.empty(pair.shape[:2], dtype=np.complex64)
                np.multiply(pair[:, :, 0], self._window, out=packed.real)
                np.multiply(pair[:, :, 1], self._window, out=packed.imag)
                z = fft.fft(packed, overwrite_x=True)
                both = z.real**2 + z.imag**2
                power[:, 1:half] += both[:, 1:half] + both[:, :half:-1]
                power[:, 0] += both[:, 0]
                power[:, half] += both[:, half]
            else:
                x = fft.rfft(pair[:, :, 0] * self._window)
                single = x.real**2 + x.imag**2
                single[:, 1:half] *= 2
                power += single
        return Spectra(self.grid, power)
