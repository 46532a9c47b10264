"""The compiled kernels against the NumPy functions that define them; skipped without `auralis-fp-core`."""

from collections.abc import Callable
from inspect import unwrap
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from auralis_fp.analysis.kernels import (
    framing,
    hpss,
    levels,
    onsets,
    overlap_save,
    pitch,
    spectral,
    stft,
    subband,
    tempo,
)
from auralis_fp.analysis.kernels.framing import frame
from auralis_fp.analysis.kernels.windows import hann_autocorrelation, power_window
from auralis_fp.analysis.spectrum.autocorrelation import frame_autocorrelation
from auralis_fp.analysis.tonal.pitch_refinement import correlation_tables
from auralis_fp.runtime.kernels import compiled_kernels

pytestmark = pytest.mark.skipif(compiled_kernels() is None, reason="auralis-fp-core is not installed, or not chosen")

TOLERANCE = 1e-6
SUM_TOLERANCE = 5e-6  # NumPy's own error of single-precision sums of equal values
SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.sampled_from((0.0, 1e-38, 1e-20, 1e-7, 1e-3, 1.0, 1e6))
LAYOUTS = st.sampled_from(((1, 0, 0), (2, 0, 1), (6, 2, 2), (3, 1, 2)))  # channels, left, right
SHAPES = st.sampled_from(("noise", "tone", "impulse", "constant", "full of zeros", "one loud channel"))


def samples(seed: int, shape: str, scale: float, count: int, channels: int) -> NDArray[np.float32]:
    """Return an ordinary or a hostile signal, shape (count, channels)."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((count, channels))
    match shape:
        case "tone":
            noise = np.sin(np.arange(count) * random.uniform(0, np.pi))[:, None] * random.uniform(-1, 1, channels)
        case "impulse":
            noise = (np.arange(count) == random.integers(max(1, count)))[:, None] * np.ones(channels)
        case "constant":
            noise = np.ones((count, channels)) + noise * 1e-6
        case "full of zeros":
            noise = noise * (random.random((count, channels)) < 0.01)
        case "one loud channel":
            noise = noise * np.where(np.arange(channels) == 0, 1, 1e-7)
    return (np.clip(noise, -1, 1) * scale).astype(np.float32)


def assert_close(compiled: Any, numpy: Any, scale: float | None = None, tolerance: float = TOLERANCE) -> None:
    """Assert that two results agree, relative to the largest value or to *scale*."""
    first, second = np.asarray(compiled, dtype=np.complex128), np.asarray(numpy, dtype=np.complex128)
    assert first.shape == second.shape
    largest = float(np.abs(second).max(initial=0)) if scale is None else scale
    np.testing.assert_allclose(first, second, rtol=tolerance, atol=tolerance * largest + 1e-37)


def both(kernel: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the compiled version of a kernel, and its definition."""
    assert hasattr(kernel, "__wrapped__"), "the kernel has no compiled version"
    return kernel, unwrap(kernel)


class Pair:
    """Arguments of `stft.transform_pair`, and what it returns and writes."""

    def __init__(
        self, kernel: Callable[..., Any], frames: NDArray[np.float32], seed: int, channels: tuple[int, int]
    ) -> None:
        random = np.random.default_rng(seed)
        count, length, _ = frames.shape
        mid, low = length // 4, length // 16
        self.spectrum = np.zeros((count, length // 2 - random.integers(0, length // 4)), dtype=np.float32)
        self.image = np.zeros((2, length // 8))
        self.tails = [np.zeros(points, dtype=np.float32) for points in (mid, low)]
        self.bands = [np.zeros(count * points // 2, dtype=np.complex64) for points in (mid, low)]
        gains = [np.repeat(random.random(points - 1).astype(np.float32), 2) for points in (mid, low)]
        window = np.repeat(power_window(length), 2).astype(np.float32)
        scratch = np.empty(stft.scratch_size(count, length, mid, low), dtype=np.float32)
        arguments = (*(part for band in zip(gains, self.tails, self.bands, strict=True) for part in band),)
        self.energies = kernel(frames, *channels, window, *arguments, self.spectrum, scratch, self.image)


@settings(deadline=None)
@given(
    SEEDS,
    SHAPES,
    SCALES,
    st.sampled_from((64, 96, 2048)),
    st.sampled_from(((1, 0, 0), (2, 0, 1), (6, 2, 2), (3, 1, 2))),
)
def test_the_transform_of_frames(
    seed: int, shape: str, scale: float, length: int, layout: tuple[int, int, int]
) -> None:
    """Power, energies, both sub-bands and the stereo image agree."""
    channels, left, right = layout
    signal = samples(seed, shape, scale, 6 * length, channels)
    frames = frame(signal, length, length // 2)
    compiled, numpy = (Pair(kernel, frames, seed, (left, right)) for kernel in both(stft.transform_pair))
    strongest = float(np.max(numpy.energies[1], initial=0))
    for index in range(len(frames)):
        assert_close(compiled.spectrum[index], numpy.spectrum[index], float(numpy.energies[1][index]))
    for one, other in zip(compiled.energies, numpy.energies, strict=True):
        assert_close(one, other, strongest, SUM_TOLERANCE)
    assert_close(compiled.image, numpy.image, 2 * strongest * len(frames))
    amplitude = float(np.abs(signal).max(initial=0))
    for one, other in zip(compiled.bands + compiled.tails, numpy.bands + numpy.tails, strict=True):
        assert_close(one, other, amplitude)


@settings(deadline=None)
@given(SEEDS, SHAPES, SCALES, st.sampled_from((256, 1000, 4096)), st.integers(1, 3))
def test_the_spectra_of_a_sub_band(seed: int, shape: str, scale: float, length: int, pairs: int) -> None:
    """The power of each frame agrees."""
    frames = frame(samples(seed, shape, scale, 2 * length, 2 * pairs), length, length // 4)
    window = np.repeat(power_window(length), 2).astype(np.float32)
    scratch = np.empty((len(frames), length), dtype=np.complex64)
    compiled, numpy = (kernel(frames, window, scratch) for kernel in both(subband.subband_power))
    for one, other in zip(compiled, numpy, strict=True):
        assert_close(one, other, float(other.sum()))


@settings(deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, 90))
def test_codes_of_power(seed: int, frames: int, bins: int) -> None:
    """The codes of any power that is not negative are the same."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 0x7F800000, (frames, bins), dtype=np.uint32)
    compiled, numpy = (np.zeros((frames, bins), dtype=np.uint8) for _ in range(2))
    for kernel, codes in zip(both(hpss.write_codes), (compiled, numpy), strict=True):
        kernel(bits.view(np.float32), codes)
    np.testing.assert_array_equal(compiled, numpy)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, 90), st.sampled_from(("any", "two values", "constant", "rows")))
def test_harmonic_energy(seed: int, pairs: int, fours: int, kind: str) -> None:
    """Harmonic and total energy agree for any medians: each bin that is the only one with power shows its own mask."""
    random = np.random.default_rng(seed)
    frames, bins = 2 * pairs, 4 * fours
    shape = (frames + 2 * hpss.TIME_MARGIN, bins + 2 * hpss.FREQUENCY_MARGIN)
    codes = random.integers(0, 256, shape).astype(np.uint8)
    match kind:
        case "two values":
            codes = np.where(codes < 128, 0, 255).astype(np.uint8)
        case "constant":
            codes[:] = 77
        case "rows":
            codes[:] = codes[:, :1]
    power = random.random((frames, bins + 3)).astype(np.float32)[:, 1:-2]
    one_bin = np.zeros_like(power)
    place = random.integers(frames), random.integers(bins)
    one_bin[place] = 1
    for values in (power, np.ascontiguousarray(power), one_bin):
        compiled, numpy = (kernel(codes, values) for kernel in both(hpss.harmonic_energy))
        assert_close(compiled, numpy, 0 if values is one_bin else None)


def test_unfit_arrays_are_refused() -> None:
    """A wrong shape, type or a read-only output raises instead of reaching beyond an array."""
    compiled, _ = both(subband.subband_power)
    frames, window = np.ones((2, 8, 2), dtype=np.float32), np.ones(16, dtype=np.float32)
    scratch = np.empty((2, 8), dtype=np.complex64)
    assert compiled(frames, window, scratch).shape == (2, 4)
    for unfit in (
        (frames, window[:-1], scratch),
        (frames[..., :1], window, scratch),
        (frames[0], window, scratch),
        (frames[:, ::-1], window, scratch),
        (frames.astype(np.float64), window, scratch),
        (frames, window[::2], scratch),
    ):
        with pytest.raises((ValueError, BufferError)):
            compiled(*unfit)
    power = np.ones((4, 8), dtype=np.float32)
    with pytest.raises((ValueError, BufferError)):
        hpss.write_codes(power, np.frombuffer(bytes(32), dtype=np.uint8).reshape(4, 8))
    with pytest.raises((ValueError, BufferError)):
        hpss.write_codes(power, power.view(np.uint8)[:, :8])
    with pytest.raises((ValueError, BufferError)):
        framing.copy_samples(power, np.empty((4, 9), dtype=np.float32)[:, :8])
    with pytest.raises((ValueError, BufferError)):
        framing.copy_samples(power, power)
    with pytest.raises((ValueError, BufferError)):
        levels.segment_levels(power, np.zeros((8, 3), dtype=np.float32), 0, 2)


@settings(deadline=None)
@given(SEEDS, SHAPES, SCALES, st.integers(1, 3), st.lists(st.integers(0, 900), min_size=1, max_size=4), st.booleans())
def test_levels_of_segments(
    seed: int, shape: str, scale: float, channels: int, counts: list[int], planar: bool
) -> None:
    """Extremes and pending samples are equal; sums, energies and products agree, however the blocks divide segments."""
    length = int(np.random.default_rng(seed).integers(1, 400))
    signal = samples(seed, shape, scale, sum(counts), channels)
    signal = signal.T.copy().T if planar else signal
    pending = [np.zeros((channels, length + 903), dtype=np.float32)[:, 3:] for _ in range(2)]
    counted = 0
    for block in np.split(signal, np.cumsum(counts)[:-1]):
        (one, products, count), (other, expected, left) = (
            kernel(block, kept, counted, length)
            for kernel, kept in zip(both(levels.segment_levels), pending, strict=True)
        )
        assert count == left
        counted = count
        np.testing.assert_array_equal(pending[0][:, :count], pending[1][:, :count])
        np.testing.assert_array_equal(one[:2], other[:2])
        assert_close(one[2], other[2], length * float(np.abs(signal).max(initial=0)))
        assert_close(one[3], other[3], tolerance=SUM_TOLERANCE)
        assert_close(products, expected, float(np.diag(expected).max(initial=0)), SUM_TOLERANCE)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(0, 200), st.sampled_from("CF"))
def test_copies_of_samples(seed: int, channels: int, count: int, order: Literal["C", "F"]) -> None:
    """Blocks of both memory orders, and slices of them, are copied."""
    block = np.asarray(samples(seed, "noise", 1.0, count, channels + 1), order=order)[:, :channels]
    copies = [np.zeros((count, channels), dtype=np.float32) for _ in range(2)]
    for kernel, out in zip(both(framing.copy_samples), copies, strict=True):
        kernel(block, out)
    np.testing.assert_array_equal(copies, [block, block])


@settings(deadline=None)
@given(SEEDS, st.integers(0, 60), st.integers(1, 40), st.integers(0, 39))
def test_the_order_in_memory_makes_no_difference_to_levels(seed: int, count: int, length: int, before: int) -> None:
    """Two channels as planes and interleaved have the same levels to the bit."""
    random = np.random.default_rng(seed)
    block, first = random.standard_normal((count, 2)), random.standard_normal((2, before % length))
    found = []
    for order in ("C", "F"):
        pending = np.zeros((2, 100), dtype=np.float32)
        pending[:, : first.shape[1]] = first
        given_block = np.array(block, dtype=np.float32, order=order)
        found.append((*levels.segment_levels(given_block, pending, first.shape[1], length), pending))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_sample_that_is_not_a_number_is_an_extreme() -> None:
    """Both extremes are then not numbers, wherever it stands; infinities are ordinary extremes."""
    for kernel in both(levels.segment_levels):
        for place in (0, 1, 15, 16, 39):
            block, pending = np.linspace(-1, 1, 40, dtype=np.float32)[:, None], np.zeros((1, 40), dtype=np.float32)
            block[place] = np.nan
            assert np.isnan(kernel(block, pending, 0, 40)[0][:2]).all()
            block[place] = -np.inf
            assert float(kernel(block, pending, 0, 40)[0][0, 0, 0]) == -np.inf


@settings(deadline=None)
@given(SEEDS, st.sampled_from(("noise", "sparse", "falling", "silent")), SCALES, st.integers(5, 1000))
def test_centroid_and_rolloff(seed: int, shape: str, scale: float, bins: int) -> None:
    """Both agree for frames of any power, those of every second row of a spectrogram too."""
    random = np.random.default_rng(seed)
    power = random.random((12, bins)) ** 4
    match shape:
        case "sparse":
            power *= random.random((12, bins)) < 0.02
        case "falling":
            power *= np.exp(-np.arange(bins) * random.uniform(0, 0.1))
        case "silent":
            power *= 0
    frames = (power * scale**2).astype(np.float32)[::2]
    weights = random.random(bins).astype(np.float32)
    moments = np.stack((weights, weights * np.arange(bins, dtype=np.float32)), axis=1)
    compiled, numpy = (kernel(frames, moments) for kernel in both(spectral.spectral_centroid))
    assert_close(compiled, numpy, tolerance=SUM_TOLERANCE)
    rolloffs = [kernel(frames, weights, spectral.group_sums(weights)) for kernel in both(spectral.spectral_rolloff)]
    ties = np.abs(rolloffs[0] - rolloffs[1]) > 1e-3  # a sum that equals the target up to rounding
    assert np.count_nonzero(ties) <= 1
    assert_close(rolloffs[0][~ties], rolloffs[1][~ties], float(bins))


@settings(deadline=None)
@given(SEEDS, st.sampled_from(("tones", "noise", "zeros")), st.floats(5, 200), st.sampled_from((1e-30, 1.0, 1e12)))
def test_periods(seed: int, shape: str, period: float, scale: float) -> None:
    """The same dips are found, and cumulative sums are equal."""
    random = np.random.default_rng(seed)
    lags = np.concatenate((np.arange(20, 100) / 4, np.arange(25, 206, dtype=np.float64)))
    places = np.concatenate((np.arange(210), lags[:80]))
    difference = 1 - np.cos(2 * np.pi * places / period)[None] * random.uniform(0.5, 1, (30, 1))
    if shape != "tones":
        difference = random.random(difference.shape) ** 3 * (shape == "noise")
    difference = (difference * scale).astype(np.float32)
    arguments = difference[:, :210], difference[:, 210:], lags, (0.15 / lags).astype(np.float32)
    compiled, numpy = (kernel(*arguments) for kernel in both(pitch.yin_periods))
    np.testing.assert_array_equal(compiled[1], numpy[1])
    np.testing.assert_allclose(compiled[0], numpy[0], rtol=1e-9)


@settings(deadline=None)
@given(SEEDS, st.floats(60, 250), st.floats(0, 0.3))
def test_refined_periods(seed: int, period: float, noise: float) -> None:
    """Long and doubtful periods agree as far as single-precision correlations determine their maximum."""
    random = np.random.default_rng(seed)
    places = random.uniform(0, 2 * np.pi, (8, 1)) + 2 * np.pi / period * np.arange(512)
    signal = sum(np.cos(order * places) for order in (1, 2, 3)) + noise * random.standard_normal((8, 512))
    power = (np.abs(np.fft.fft(signal * power_window(512)))[:, :256] ** 2).astype(np.float32)
    circular = frame_autocorrelation(power, 512)[:, :210]
    difference = circular[:, :1] - circular / hann_autocorrelation(np.arange(210) / 512).astype(np.float32)
    cumulative = np.cumsum(difference[:, 1:206], axis=1)
    guesses = np.where(random.random(8) < 0.5, np.inf, period * random.uniform(0.98, 1.02, 8))
    found = []
    for kernel in both(pitch.refine_long_periods):
        found.append(guesses.copy())
        kernel(power, difference, cumulative, found[-1], 167, *correlation_tables(256, 512))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 5), st.integers(2, 300), st.integers(1, 250), st.sampled_from((0.0, 1e-20, 1.0, 1e6)))
def test_tempograms(seed: int, count: int, length: int, lags: int, scale: float) -> None:
    """Correlations agree as far as the energies that they are divided by allow."""
    windows = (np.random.default_rng(seed).standard_normal((count, length)) * scale).astype(np.float32)
    compiled, numpy = (kernel(windows, lags) for kernel in both(tempo.autocorrelation_tempogram))
    energy = np.cumsum(windows.astype(np.float64) ** 2, axis=1)
    lags = numpy.shape[1]
    compared = np.sqrt(
        energy[:, ::-1][:, :lags] * np.cumsum(windows[:, ::-1].astype(np.float64) ** 2, axis=1)[:, ::-1][:, :lags]
    )
    assert_close(compiled * compared, numpy * compared, float(energy[:, -1].max()))


@settings(deadline=None)
@given(SEEDS, SHAPES, SCALES, st.integers(1, 3), st.integers(1, 3))
def test_filtered_energies(seed: int, shape: str, scale: float, pairs: int, count: int) -> None:
    """The weighted energy of each step agrees."""
    random = np.random.default_rng(seed)
    signal = samples(seed, shape, scale, 32 + count * 96, 2 * pairs).T.copy()
    pair = (signal[::2] + 1j * signal[1::2]).astype(np.complex64)
    gains = np.fft.fft(random.standard_normal(16) / 4, 128).astype(np.complex64)
    arguments = pair, gains, random.random(pairs).astype(np.float32), 32, count, 8
    compiled, numpy = (kernel(*arguments) for kernel in both(overlap_save.filtered_energies))
    assert_close(compiled, numpy, 64 * float(np.max(np.abs(signal), initial=0)) ** 2)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 12), st.integers(0, 9), st.floats(0, 1), st.sampled_from((1e-5, 1.0, 1e3)))
def test_comparisons_of_spectra(seed: int, bins: int, bands: int, sparse: float, scale: float) -> None:
    """Rises and changes of shape agree, and the frames that are kept for the next call."""
    random = np.random.default_rng(seed)
    values = (random.random((9, bins + bands)) * (random.random((9, bins + bands)) >= sparse) * scale).astype(
        np.float32
    )
    for lag in (1, 4, 9):
        compiled, numpy = (kernel(values, lag) for kernel in both(onsets.positive_differences))
        assert_close(compiled, numpy)
    reference = np.linspace(1, 2, 9, dtype=np.float32) * np.float32(scale)
    found = []
    for kernel in both(onsets.note_novelty):
        kept = [np.ones((3, bins), dtype=np.float32), np.ones((4, bins + bands), dtype=np.float32)]
        parts = [
            kernel(values[rows, :bins], values[rows, bins:], reference[rows], *kept, bins // 2, 3e-3)
            for rows in (slice(0, 1), slice(1, 9))
        ]
        found.append((np.concatenate(parts, axis=1), *kept))
    for compiled, numpy in zip(*found, strict=True):
        assert_close(compiled, numpy)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 4), st.integers(1, 5), st.floats(0, 1), st.sampled_from((0.0, 1e-30, 1e-5, 1.0, 1e6)))
def test_changes_of_bands(seed: int, fours: int, wide: int, sparse: float, scale: float) -> None:
    """Log flux, totals and rises of bands agree, and the frames that are kept for the next call."""
    random, narrow = np.random.default_rng(seed), 4 * fours
    fine = random.random((9, narrow)) * (random.random((9, narrow)) >= sparse) * scale
    bands = np.concatenate((fine, fine.sum(axis=1)[:, None] * random.dirichlet(np.ones(wide), 9)), axis=1)
    split = onsets.BandSplit(narrow, (0, narrow // 2), 1e-6, 1e-4, 1e-4)
    found = []
    for kernel in both(onsets.onset_changes):
        kept = np.zeros((2, narrow + 1 + wide), dtype=np.float32)
        first, loudest = kernel(bands[:1].astype(np.float32), kept, 0.0, split)
        second, loudest = kernel(bands[1:].astype(np.float32), kept, loudest, split)
        found.append((np.concatenate((first, second), axis=1), kept, loudest))
    (compiled, *others), (numpy, *expected) = found
    assert_close(compiled[:3], numpy[:3], 1.0)  # octaves
    for one, other in zip((*compiled[3:], *others), (*numpy[3:], *expected), strict=True):
        assert_close(one, other)
