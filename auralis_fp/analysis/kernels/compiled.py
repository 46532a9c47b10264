"""The compiled kernels with the signatures of the NumPy functions; called only where they are used."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ...runtime.kernels import compiled_kernels
from ..types import ComplexArray, FloatArray
from .windows import transform_length

if TYPE_CHECKING:
    from .onsets import BandSplit

core: Final[Any] = compiled_kernels()


def transform_pair(
    frames: FloatArray,
    left: int,
    right: int,
    window: FloatArray,
    mid_gains: FloatArray,
    mid_tail: FloatArray,
    mid: ComplexArray,
    low_gains: FloatArray,
    low_tail: FloatArray,
    low: ComplexArray,
    spectrum: FloatArray,
    scratch: FloatArray,
    image: NDArray[np.float64] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """See `stft.transform_pair`."""
    energies: FloatArray = np.empty((3, len(frames)), dtype=np.float32)
    mid_band = (mid_gains, mid_tail, mid.view(np.float32))
    low_band = (low_gains, low_tail, low.view(np.float32))
    core.transform_pair(frames, left, right, window, mid_band, low_band, spectrum, energies, image)
    return energies[0], energies[1], energies[2]


def subband_power(frames: FloatArray, window: FloatArray, scratch: ComplexArray) -> FloatArray:
    """See `subband.subband_power`."""
    power: FloatArray = np.empty((len(frames), frames.shape[1] // 2), dtype=np.float32)
    core.subband_power(frames, window, power)
    return power


def write_codes(power: FloatArray, out: NDArray[np.uint8]) -> None:
    """See `hpss.write_codes`."""
    core.write_codes(power, out)


def harmonic_energy(codes: NDArray[np.uint8], power: FloatArray) -> tuple[float, float]:
    """See `hpss.harmonic_energy`."""
    harmonic, total = core.harmonic_energy(codes, power)
    return harmonic, total


def spectral_centroid(power: FloatArray, moments: FloatArray) -> FloatArray:
    """See `spectral.spectral_centroid`."""
    centroid: FloatArray = np.empty(len(power), dtype=np.float32)
    core.spectral_centroid(power, moments, centroid)
    return centroid


def spectral_rolloff(power: FloatArray, weights: FloatArray, groups: FloatArray) -> FloatArray:
    """See `spectral.spectral_rolloff`."""
    rolloff: FloatArray = np.empty(len(power), dtype=np.float32)
    core.spectral_rolloff(power, weights, rolloff)
    return rolloff


def segment_levels(
    block: FloatArray, pending: FloatArray, count: int, length: int
) -> tuple[FloatArray, NDArray[np.float64], int]:
    """See `levels.segment_levels`."""
    channels, whole = len(pending), (count + len(block)) // length
    levels: FloatArray = np.empty((4, channels, whole), dtype=np.float32)
    products = np.empty((channels, channels))
    core.segment_levels(block, pending, count, length, levels, products)
    return levels, products, count + len(block) - whole * length


def yin_periods(
    difference: FloatArray, fine: FloatArray, lags: NDArray[np.float64], limits: FloatArray
) -> tuple[NDArray[np.float64], FloatArray]:
    """See `pitch.yin_periods`."""
    periods, cumulative = np.empty(len(difference)), np.empty((len(difference), int(lags[-1])), dtype=np.float32)
    core.yin_periods(difference, fine, lags, limits, periods, cumulative)
    return periods, cumulative


def refine_long_periods(
    power: FloatArray,
    difference: FloatArray,
    cumulative: FloatArray,
    periods: NDArray[np.float64],
    doubtful_from: int,
    cosines: FloatArray,
    window: NDArray[np.float64],
) -> None:
    """See `pitch.refine_long_periods`."""
    core.refine_long_periods(power, difference, cumulative, periods, doubtful_from, cosines, window)


def autocorrelation_tempogram(windows: FloatArray, lags: int) -> NDArray[np.float64]:
    """See `tempo.autocorrelation_tempogram`."""
    length = windows.shape[1]
    lags = min(lags, length - 1)
    correlation = np.empty((len(windows), lags + 1))
    core.autocorrelation_tempogram(windows, transform_length(length + lags + 1), correlation)
    return correlation


def copy_samples(block: FloatArray, out: FloatArray) -> None:
    """See `framing.copy_samples`."""
    core.copy_samples(block, out)


def filtered_energies(
    signal: ComplexArray, gains: ComplexArray, weights: FloatArray, overlap: int, count: int, step: int
) -> FloatArray:
    """See `overlap_save.filtered_energies`."""
    energies: FloatArray = np.empty(count * (len(gains) - overlap) // step, dtype=np.float32)
    core.filtered_energies(signal.view(np.float32), gains.view(np.float32), weights, overlap, step, energies)
    return energies


def onset_changes(
    bands: FloatArray, previous: FloatArray, loudest: float, split: "BandSplit"
) -> tuple[FloatArray, float]:
    """See `onsets.onset_changes`."""
    changes: FloatArray = np.empty((3 + len(split.groups), len(bands)), dtype=np.float32)
    loudest = core.onset_changes(bands, previous, loudest, split, changes)
    return changes, loudest


def positive_differences(values: FloatArray, lag: int) -> FloatArray:
    """See `onsets.positive_differences`."""
    differences: FloatArray = np.empty(max(0, len(values) - lag), dtype=np.float32)
    core.positive_differences(values, lag, differences)
    return differences


def note_novelty(
    notes: FloatArray,
    bands: FloatArray,
    reference: FloatArray,
    magnitudes: FloatArray,
    shapes: FloatArray,
    bass: int,
    floor: float,
) -> FloatArray:
    """See `onsets.note_novelty`."""
    novelty: FloatArray = np.empty((3, len(notes)), dtype=np.float32)
    core.note_novelty(notes, bands, reference, magnitudes, shapes, bass, floor, novelty)
    return novelty
