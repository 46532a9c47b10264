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
