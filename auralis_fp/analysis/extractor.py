"""From blocks of samples to the 25 numbers: which family gets what, in which order."""

from typing import Final

import numpy as np

from .. import schema
from ..errors import AnalysisError
from .features.dynamics import dynamics
from .features.frequency import frequency
from .features.harmonic import Harmonic
from .features.spectral import Spectral
from .features.stereo import stereo
from .features.temporal import Temporal
from .features.variation import variation
from .level.levels import LevelMeter
from .level.loudness import LoudnessMeter
from .level.short_signal import ShortSignal
from .spectrum.channels import Layout
from .spectrum.ltas import LongTermAverageSpectrum
from .spectrum.stft import Spectra, STFTGrid, StreamingSTFT
from .types import FeatureValues, FloatArray

SHORTEST_SEC: Final = 0.5


class FingerprintExtractor:
    """Takes a file's blocks once, in order; then gives its fingerprint.

    Parameters
    ----------
    sample_rate : int
        Hz.
    positions : tuple of str
        Where each channel stands, such as ``FL``; see ``channels``.
    """

    def __init__(self, sample_rate: int, positions: tuple[str, ...]) -> None:
        self._rate = sample_rate
        self._channels = len(positions)
        self._samples = 0
        layout = Layout.of(positions)
        pairs, full_range = len(layout.pairs), layout.full_range
        grid = STFTGrid.at(sample_rate)
        self._transformer = StreamingSTFT(grid, layout.pairs, self._channels)
        self._levels = LevelMeter(sample_rate, layout.downmix)
        self._loudness = LoudnessMeter(grid, [pair.weight for pair in layout.pairs])
        self._long_term = LongTermAverageSpectrum(grid, pairs)
        self._brief = ShortSignal(sample_rate, layout.pairs, self._channels)
        self._spectral = Spectral(grid, full_range)
        self._temporal = Temporal(grid, pairs)
        self._harmonic = Harmonic(grid, pairs, full_range)

    def feed(self, block: FloatArray) -> None:
        """Take the next block, shape (samples, channels), full scale 1.0.

        Raises
        ------
        AnalysisError
            ``non_finite``: it holds samples that are no numbers, or no recording could hold.
        """
        self._samples += len(block)
        self._levels.feed(block)
        self._refuse_non_finite()
        self._brief.feed(block)
        for spectra in self._transformer.feed(block):
            self._share(spectra)

    def finish(self) -> FeatureValues:
        """Return the 25 values in the order of the schema, and the names of those that are undefined.

        Raises
        ------
        AnalysisError
            ``too_short``: there was less than half a second; or ``non_finite``.
        """
        duration_sec = self._samples / self._rate
        if duration_sec < SHORTEST_SEC:
            raise AnalysisError(
                "too_short", f"There is too little sound: {duration_sec:.2f} s; at least {SHORTEST_SEC} s are needed."
            )
        levels = self._levels.finish()
        self._refuse_non_finite()
        for spectra in self._transformer.flush():
            self._share(spectra)
        heard = (  # each lets go of what it has gathered; the one that needs most room comes last
            self._spectral.measure(),
            self._harmonic.measure(),
            self._temporal.measure(levels, duration_sec),
        )
        if self._brief.brief:
            energies, loudness = self._brief.energies(), self._brief.loudness()
        else:
            energies, loudness = self._long_term.finish(), self._loudness.finish(duration_sec)
        families = (
            *heard,
            frequency(energies),
            dynamics(levels, loudness, energies),
            variation(levels, loudness),
            stereo(levels, self._channels),
        )
        return _silence() if levels.silent else _united(families)

    def _share(self, spectra: Spectra) -> None:
        """Hand one run of spectra to the families."""
        self._long_term.feed(spectra)
        self._loudness.feed(spectra)
        self._spectral.feed(spectra)
        self._temporal.feed(spectra)
        self._harmonic.feed(spectra)

    def _refuse_non_finite(self) -> None:
        if not self._levels.finite:
            raise AnalysisError("non_finite", "The file holds samples that are not numbers, or far beyond full scale.")


def _united(families: tuple[FeatureValues, ...]) -> FeatureValues:
    values = {name: value for family in families for name, value in family.values.items()}
    undefined = {name for family in families for name in family.undefined}
    bounds = {dimension.name: (dimension.low, dimension.high) for dimension in schema.DIMENSIONS}
    return FeatureValues(
        {name: float(np.clip(values[name], *bounds[name])) for name in schema.NAMES},
        tuple(name for name in schema.NAMES if name in undefined),
    )


def _silence() -> FeatureValues:
    """Digital silence: everything undefined but how silent and how loud it is."""
    values = {dimension.name: dimension.neutral for dimension in schema.DIMENSIONS}
    defined = {"silence_ratio", "lufs"}
    return FeatureValues(values, tuple(name for name in schema.NAMES if name not in defined))
