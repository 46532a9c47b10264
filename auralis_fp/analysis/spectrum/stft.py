"""Where Fourier transforms begin: the spectra of short frames, and the low-rate signals that fall out of them.

Every frame is transformed once. Its power feeds what is read from spectra; its lowest bins, transformed back and
overlapped, are the signal at about 11 kHz and at about 2.8 kHz, for whatever wants finer frequencies than a short
frame resolves.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from ..level.kweighting import KWeighting
from ..types import ComplexArray, FloatArray
from .framing import Framer

FRAME_SEC: Final = 2048 / 44_100
LOWEST_HZ: Final = 20.0  # what lies below is not heard, and not counted
HIGHEST_HZ: Final = 20_000.0
MIDDLE_POINTS: Final = 512  # bins of a frame kept for the signal at about 11 kHz
LOW_POINTS: Final = 128  # bins of a frame kept for the signal at about 2.8 kHz
MIDDLE_FADE_HZ: Final = (3800.0, 5450.0)
LOW_FADE_HZ: Final = (500.0, 1300.0)
_AT_ONCE: Final = 64  # frames transformed together: with what is made of them, they stay in the processor's cache
HANDED_OUT: Final = 4 * _AT_ONCE  # most frames handed out together


@dataclass(frozen=True)
class STFTGrid:
    """Where frames and bins lie: alike in seconds and hertz at every sample rate.

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
    def at(cls, sample_rate: int) -> "STFTGrid":
        """Choose frames of 46 ms, of a length that transforms fast."""
        return cls(sample_rate, 2 * fft.next_fast_len(max(8, round(FRAME_SEC * sample_rate / 2)), real=False))

    @property
    def hop(self) -> int:
        """Samples between frames."""
        return self.frame_length // 2

    @property
    def hop_sec(self) -> float:
        """Seconds between frames."""
        return self.hop / self.sample_rate

    @property
    def bin_width_hz(self) -> float:
        """Distance of bins, in Hz."""
        return self.sample_rate / self.frame_length

    @property
    def bins(self) -> int:
        """Bins that are kept: those up to 20 kHz, or to half the sample rate."""
        return min(self.hop, int(HIGHEST_HZ / self.bin_width_hz + 0.5)) + 1

    @cached_property
    def frequencies(self) -> FloatArray:
        """Centre of each bin in Hz, shape (bins,)."""
        return np.arange(self.bins, dtype=np.float32) * np.float32(self.bin_width_hz)

    @cached_property
    def audible(self) -> FloatArray:
        """Share of each bin that lies between 20 Hz and 20 kHz, shape (bins,)."""
        return band_shares(self.frequencies, self.bin_width_hz, LOWEST_HZ, HIGHEST_HZ)


def band_shares(frequencies: FloatArray, width_hz: float, low_hz: float, high_hz: float) -> FloatArray:
    """Return which share of each bin lies in a band.

    Parameters
    ----------
    frequencies : ndarray, shape (bins,)
        Centres of the bins, in Hz.
    width_hz : float
        Width of a bin.
    low_hz, high_hz : float
        Edges of the band.

    Returns
    -------
    ndarray, shape (bins,)
        0 outside, 1 inside, in between for bins on an edge.
    """
    upper = np.minimum(frequencies + width_hz / 2, high_hz)
    lower = np.maximum(frequencies - width_hz / 2, low_hz)
    shares: FloatArray = np.clip((upper - lower) / width_hz, 0.0, 1.0).astype(np.float32)
    return shares


def band_matrix(frequencies: FloatArray, width_hz: float, edges_hz: Iterable[float]) -> FloatArray:
    """Return which share of each bin lies in each of the bands between neighbouring edges, shape (bands, bins)."""
    return np.stack([band_shares(frequencies, width_hz, low, high) for low, high in pairwise(edges_hz)])


@dataclass(frozen=True)
class Spectra:
    """A run of consecutive frames.

    ``power`` is (frames, bins), one-sided and summed over the full-range channels; the sum over all bins is the mean
    square of the windowed frame, so that a full-scale sine in one channel reads 0.5. ``weighted`` is the same with the
    channel weights of ITU-R BS.1770, and ``beyond``, (frames,), what that leaves out above 20 kHz. ``square`` is the
    mean square of each frame as it is and ``windowed`` that of the windowed frame, (frames,). ``middle`` and ``low``
    are the low-rate signals, (pairs, samples), complex: left channel real, right imaginary. ``low`` carries the shelf
    of the K-weighting, see ``LowRates``.
    """

    grid: STFTGrid
    power: FloatArray
    weighted: FloatArray
    beyond: FloatArray
    square: FloatArray
    windowed: FloatArray
    middle: ComplexArray
    low: ComplexArray

    @cached_property
    def total(self) -> FloatArray:
        """Power of each frame in all bins that are kept, shape (frames,)."""
        return self.power @ np.ones(self.power.shape[1], dtype=np.float32)


@dataclass(frozen=True)
class ChannelPair:
    """One or two channels that share a complex transform, and their weight in the loudness."""

    channels: tuple[int, ...]
    weight: float


@dataclass(frozen=True)
class SubbandRates:
    """How the low-rate signals relate to the file's rate.

    ``low`` has lost what lies above ``LOW_FADE_HZ`` gradually: what it keeps of the power at each frequency is
    ``low_share``; ``power`` is left with the rest when multiplied by one minus that.
    """

    grid: STFTGrid

    @property
    def middle_rate(self) -> float:
        """Samples per second of the signal at about 11 kHz."""
        return self.grid.bin_width_hz * MIDDLE_POINTS

    @property
    def low_rate(self) -> float:
        """Samples per second of the signal at about 2.8 kHz."""
        return self.grid.bin_width_hz * LOW_POINTS

    @staticmethod
    def middle_share(frequencies: FloatArray) -> FloatArray:
        """Return the share of the power at each frequency (Hz) that ``middle`` keeps."""
        return _fade(frequencies, *MIDDLE_FADE_HZ)

    @staticmethod
    def low_share(frequencies: FloatArray) -> FloatArray:
        """Return the share of the power at each frequency (Hz) that ``low`` keeps, shelf apart."""
        return _fade(frequencies, *LOW_FADE_HZ)


def _fade(frequencies: FloatArray, start_hz: float, end_hz: float) -> FloatArray:
    """Return a power gain that falls from 1 to 0 so smoothly that the filter does not ring beyond a frame."""
    position = np.clip((np.abs(frequencies) - start_hz) / (end_hz - start_hz), 0, 1)
    gain: FloatArray = (np.cos(np.pi / 2 * np.sin(np.pi / 2 * position) ** 2) ** 2).astype(np.float32)
    return gain


def _middle_gain(frequencies: FloatArray) -> FloatArray:
    return np.sqrt(_fade(frequencies, *MIDDLE_FADE_HZ))


def _low_gain(frequencies: FloatArray, shelf: NDArray[np.complex128]) -> FloatArray:
    return (np.sqrt(_fade(frequencies, *LOW_FADE_HZ)) * np.abs(shelf)).astype(np.float32)


class StreamingSTFT:
    """Spectra and low-rate signals of a stream: Hann window, half overlap.

    Two channels share one complex transform: ``|L|² + |R|²`` at bin k is ``(|Z[k]|² + |Z[-k]|²) / 2`` of ``L + iR``.
    What is constant over a frame is taken out of its power, so that DC does not leak into the first audible bin.
    """

    def __init__(self, grid: STFTGrid, pairs: Sequence[ChannelPair], channels: int) -> None:
        self.grid = grid
        self._pairs = pairs
        self._one_weight = all(pair.weight == 1.0 for pair in pairs)
        length = grid.frame_length
        self._framer = Framer(length, grid.hop, channels, _AT_ONCE)
        window = np.hanning(length + 1)[:-1]
        scale = 1 / np.sqrt(length * (window**2).sum())  # makes |Z|² power
        self._window = np.repeat(window * scale, 2).astype(np.float32)  # for both channels of a pair, as they lie
        self._ones = np.ones(length, dtype=np.float32)
        self._frames: ComplexArray = np.empty((_AT_ONCE, length), dtype=np.complex64)
        self._squares: FloatArray = np.empty((_AT_ONCE, length), dtype=np.float32)
        self._middle = SubbandDecimator(
            grid, MIDDLE_POINTS, len(pairs), lambda hertz: _middle_gain(hertz) / scale, bass=False
        )
        shelf = KWeighting(grid.sample_rate).shelf
        self._low = SubbandDecimator(grid, LOW_POINTS, len(pairs), lambda hertz: _low_gain(hertz, shelf(hertz)) / scale)
        self._gathered = self._room()

    def feed(self, block: FloatArray) -> Iterator[Spectra]:
        """Take a block, shape (samples, channels); hand out the spectra it completes."""
        for frames in self._framer.feed(block):
            self._transform(frames)
            if self._gathered.count == HANDED_OUT:
                yield self._hand_out()

    def flush(self) -> Iterator[Spectra]:
        """Hand out the spectra of what is left."""
        for frames in self._framer.flush():
            self._transform(frames)
            if self._gathered.count == HANDED_OUT:
                yield self._hand_out()
        if self._gathered.count:
            yield self._hand_out()

    def _room(self) -> "_Gathered":
        """Return room for the next frames."""
        power: FloatArray = np.empty((HANDED_OUT, self.grid.bins), dtype=np.float32)
        weighted = power if self._one_weight else np.zeros_like(power)
        return _Gathered(power, weighted, np.zeros((3, HANDED_OUT), dtype=np.float32))

    def _hand_out(self) -> Spectra:
        done, count = self._gathered, self._gathered.count
        self._gathered = self._room()
        beyond, square, windowed = done.sums[:, :count]
        return Spectra(
            self.grid,
            done.power[:count],
            done.weighted[:count],
            beyond,
            square,
            windowed,
            self._middle.take(),
            self._low.take(),
        )

    def _transform(self, frames: FloatArray) -> None:
        """Gather the spectra of as few frames as the processor's cache holds with all that is made of them."""
        done, first = self._gathered, self._gathered.count
        done.count += len(frames)
        rows = slice(first, done.count)
        beyond, square, windowed = done.sums[:, rows]
        for index, pair in enumerate(self._pairs):
            z = self._frames[: len(frames)]
            square += self._windowed(frames, pair, z)
            z = fft.fft(z, overwrite_x=True)
            self._middle.decimate(index, z)
            self._low.decimate(index, z)
            both = squares(z, self._squares[: len(z)])
            windowed += both @ self._ones
            _without_constant(both, z)
            share = self._folded(both, np.empty_like(done.power[rows]) if index else done.power[rows])
            if index:
                done.power[rows] += share
            if not self._one_weight:
                done.weighted[rows] += share * np.float32(pair.weight)
            rest = both[:, self.grid.bins : 1 - self.grid.bins]
            beyond += rest @ self._ones[: rest.shape[1]] * np.float32(pair.weight)

    def _windowed(self, frames: FloatArray, pair: ChannelPair, out: ComplexArray) -> FloatArray:
        """Write the windowed frames of a pair of channels as complex samples; return their mean squares before that."""
        count, (first, last), parts = len(frames), (pair.channels[0], pair.channels[-1]), out.view(np.float32)
        if last == first + 1:  # neighbours, as they lie
            samples = frames[:, :, first : last + 1].reshape(count, -1)
        else:
            samples = parts
            out.real = frames[:, :, first]
            out.imag = 0 if first == last else frames[:, :, last]
        half = samples[:, : samples.shape[1] // 2]
        energy = np.append(np.vecdot(half, half), np.vecdot(samples[-1, half.shape[1] :], samples[-1, half.shape[1] :]))
        np.multiply(samples, self._window, out=parts)
        mean_square: FloatArray = (energy[:-1] + energy[1:]) / np.float32(self.grid.frame_length)
        return mean_square

    def _folded(self, both: FloatArray, out: FloatArray) -> FloatArray:
        """Write the power of the bins that are kept, shape (frames, bins)."""
        bins = self.grid.bins
        np.add(both[:, 1:bins], both[:, :-bins:-1], out=out[:, 1:])
        out[:, 0] = 0  # the constant is taken out
        if bins == self.grid.hop + 1:
            out[:, -1] /= 2  # both sides meet in this bin
        return out


def _without_constant(both: FloatArray, z: ComplexArray) -> None:
    """Take the transform of a constant out of the powers *both* of the windowed frames *z*."""
    half = z[:, 0] / 2
    both[:, 0] = 0
    both[:, 1] = squares(z[:, 1] + half)
    both[:, -1] = squares(z[:, -1] + half)


def squares(z: ComplexArray, out: FloatArray | None = None) -> FloatArray:
    """Return ``|z|²``."""
    magnitude: FloatArray = np.abs(z, out=out)  # with the processor's vector instructions, unlike products of parts
    magnitude *= magnitude
    return magnitude


@dataclass
class _Gathered:
    """Frames on their way to be handed out: ``power`` and ``weighted``; beyond, square and windowed; how many."""

    power: FloatArray
    weighted: FloatArray
    sums: FloatArray
    count: int = 0


class SubbandDecimator:
    """The lowest bins of overlapping frames, made a signal again; without *bass*, what is constant over each left out.

    So an offset does not leak into the lowest band of shorter frames, and from 43 Hz up nothing is lost.
    """

    def __init__(
        self, grid: STFTGrid, points: int, pairs: int, gain: Callable[[FloatArray], FloatArray], *, bass: bool = True
    ) -> None:
        self._bass = bass
        self._half = min(points, grid.frame_length) // 2
        self._hop = points // 2
        frequencies = np.arange(self._half, dtype=np.float32) * np.float32(grid.bin_width_hz)
        gains = np.repeat(gain(frequencies) * points / grid.frame_length, 2).astype(np.float32)
        self._rising, self._falling = gains, gains[:1:-1].copy()  # of the bins above, and below, zero
        self._kept: ComplexArray = np.empty((_AT_ONCE, points), dtype=np.complex64)
        self._tails = np.zeros((pairs, 2 * self._hop), dtype=np.float32)
        self._skip = self._hop  # the first half frame lies before the file's first sample
        self._filled = [0] * pairs  # samples
        self._signal = self._room()

    def decimate(self, pair: int, z: ComplexArray) -> None:
        """Take the transforms of frames of one pair."""
        hop, above, below = self._hop, 2 * self._half, 2 - 2 * self._half
        kept = self._kept[: len(z)]
        parts, out = z.view(np.float32), kept.view(np.float32)
        np.multiply(parts[:, :above], self._rising, out=out[:, :above])
        np.multiply(parts[:, below:], self._falling, out=out[:, below:])
        kept[:, self._half : 2 * hop + 1 - self._half] = 0
        if not self._bass:  # a windowed constant has half as much in either bin beside the lowest
            kept[:, 1] += kept[:, 0] / 2
            kept[:, -1] += kept[:, 0] / 2
            kept[:, 0] = 0
        pieces = fft.ifft(kept, overwrite_x=True)
        start, self._filled[pair] = self._filled[pair], self._filled[pair] + len(z) * hop
        signal, pieces = self._signal[pair, start : self._filled[pair]].view(np.float32), pieces.view(np.float32)
        signal = signal.reshape(-1, 2 * hop)
        np.add(pieces[0, : 2 * hop], self._tails[pair], out=signal[0])
        np.add(pieces[1:, : 2 * hop], pieces[:-1, 2 * hop :], out=signal[1:])
        self._tails[pair] = pieces[-1, 2 * hop :]

    def take(self) -> ComplexArray:
        """Hand over the samples that are complete, shape (pairs, samples)."""
        signal = self._signal[:, self._skip : self._filled[0]]
        self._skip, self._filled, self._signal = 0, [0] * len(self._filled), self._room()
        return signal

    def _room(self) -> ComplexArray:
        return np.empty((len(self._tails), HANDED_OUT * self._hop), dtype=np.complex64)
