"""The compiled kernels with the signatures of the NumPy functions; called only where they are used."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...runtime.kernels import compiled_kernels
from ..types import ComplexArray, FloatArray

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
    power: FloatArray = np.empty(frames.shape[:2], dtype=np.float32)
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


def segment_extremes(segments: FloatArray) -> tuple[FloatArray, FloatArray]:
    """See `levels.segment_extremes`."""
    extremes: FloatArray = np.empty((2, *segments.shape[:2]), dtype=np.float32)
    core.segment_extremes(segments, extremes[0], extremes[1])
    return extremes[0], extremes[1]


def segment_sums(segments: FloatArray) -> tuple[FloatArray, FloatArray]:
    """See `levels.segment_sums`."""
    sums: FloatArray = np.empty((2, *segments.shape[:2]), dtype=np.float32)
    core.segment_sums(segments, sums[0], sums[1])
    return sums[0], sums[1]


def stereo_product(segments: FloatArray) -> float:
    """See `levels.stereo_product`."""
    return float(core.stereo_product(segments))


def yin_periods(
    difference: FloatArray, fine: FloatArray, lags: NDArray[np.float64], limits: FloatArray
) -> tuple[NDArray[np.float64], FloatArray]:
    """See `pitch.yin_periods`."""
    periods, cumulative = np.empty(len(difference)), np.empty((len(difference), int(lags[-1])), dtype=np.float32)
    core.yin_periods(difference, fine, lags, limits, periods, cumulative)
    return periods, cumulative


def search_periods(
    correlation: FloatArray, periods: NDArray[np.float64], window: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """See `pitch.search_periods`."""
    refined, heights = np.empty(len(periods)), np.empty(len(periods))
    core.search_periods(correlation, periods, window, refined, heights)
    return refined, heights


def filtered_energies(
    signal: ComplexArray, gains: ComplexArray, weights: FloatArray, overlap: int, count: int, step: int
) -> FloatArray:
    """See `overlap_save.filtered_energies`."""
    energies: FloatArray = np.empty(count * (len(gains) - overlap) // step, dtype=np.float32)
    core.filtered_energies(signal.view(np.float32), gains.view(np.float32), weights, overlap, step, energies)
    return energies


def copy_channels(block: FloatArray, out: FloatArray) -> None:
    """See `levels.copy_channels`."""
    core.copy_channels(block, out)


def log_flux(powers: FloatArray) -> FloatArray:
    """See `onsets.log_flux`."""
    flux: FloatArray = np.empty(max(0, len(powers) - 2), dtype=np.float32)
    core.log_flux(powers, flux)
    return flux


def positive_differences(values: FloatArray, lag: int) -> FloatArray:
    """See `onsets.positive_differences`."""
    differences: FloatArray = np.empty(max(0, len(values) - lag), dtype=np.float32)
    core.positive_differences(values, lag, differences)
    return differences


def shape_change(shapes: FloatArray, lag: int, bins: int) -> FloatArray:
    """See `onsets.shape_change`."""
    change: FloatArray = np.empty(max(0, len(shapes) - lag), dtype=np.float32)
    core.shape_change(shapes, lag, bins, change)
    return change
