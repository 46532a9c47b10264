"""Feature extraction: from blocks of samples to the 25 values."""

from array import array
from collections.abc import Callable
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
from .level.silence import SilenceGate
from .spectrum.channels import Layout
from .spectrum.grid import STFTGrid
from .spectrum.ltas import LongTermAverageSpectrum
from .spectrum.stereo_image import StereoImage
from .spectrum.stft import Spectra, StreamingSTFT
from .spectrum.subband_stft import fine_stft
from .types import FeatureValues, FloatArray

SHORTEST_SEC: Final = 0.5


class FingerprintExtractor:
    """Extract the fingerprint of a file from its blocks, given once and in order.

    Parameters
    ----------
    sample_rate : int
        Hz.
    positions : tuple of str
        Position of each channel, such as ``FL``; see ``channels``.
    on_spectra : callable, optional
        Receives every chunk of frames.

    Notes
    -----
    Zeros at the start are held back: if nothing else follows, the values of silence need no analysis. Otherwise the
    same blocks of zeros are analysed before the first other one.
    """

    def __init__(
        self,
        sample_rate: int,
        positions: tuple[str, ...],
        on_spectra: Callable[[Spectra], None] | None = None,
    ) -> None:
        self._on_spectra = on_spectra
        self._zeros = array("L")  # lengths of the blocks that are held back
        self._only_zeros = True
        self._rate = sample_rate
        self._channels = len(positions)
        self._samples = 0
        layout = Layout.of(positions)
        pairs, full_range = len(layout.pairs), layout.full_range
        grid = STFTGrid.for_rate(sample_rate)
        self._stft = StreamingSTFT(grid, layout.pairs, self._channels, layout.downmix)
        self._fine = fine_stft(grid, pairs)
        self._levels = LevelMeter(sample_rate, layout.downmix)
        self._loudness = LoudnessMeter(grid, [pair.weight for pair in layout.pairs])
        self._ltas = LongTermAverageSpectrum(grid, pairs)
        self._short = ShortSignal(sample_rate, layout.pairs, self._channels)
        self._spectral = Spectral(grid)
        self._image = StereoImage(grid)
        self._temporal = Temporal(grid, pairs)
        self._harmonic = Harmonic(grid, pairs, full_range)

    def add_block(self, block: FloatArray) -> None:
        """Analyse the next block.

        Parameters
        ----------
        block : ndarray, shape (samples, channels), float32
            Full scale is 1.0.

        Raises
        ------
        AnalysisError
            ``non_finite``: the block holds samples that are not numbers, or far beyond full scale.
        """
        self._samples += len(block)
        if self._only_zeros and _is_zero(block):
            self._zeros.append(len(block))
            return
        self._analyse_zeros()
        self._analyse(block)

    def _analyse_zeros(self) -> None:
        """Analyse the zeros that were held back."""
        self._only_zeros = False
        for length in self._zeros:
            self._analyse(np.zeros((length, self._channels), dtype=np.float32))
        del self._zeros[:]

    def _analyse(self, block: FloatArray) -> None:
        self._levels.measure(block)
        self._check_finite()
        self._short.append(block)
        for spectra in self._stft.transform(block):
            self._dispatch(spectra)

    def result(self) -> FeatureValues:
        """Return the 25 values in the order of the schema, and the names of those that are undefined.

        Raises
        ------
        AnalysisError
            ``too_short``: the file is shorter than half a second; or ``non_finite``.
        """
        duration_sec = self._samples / self._rate
        if duration_sec < SHORTEST_SEC:
            raise AnalysisError(
                "too_short", f"The audio is too short: {duration_sec:.2f} s; at least {SHORTEST_SEC} s are required."
            )
        if self._only_zeros and self._on_spectra is None:
            return _silence()
        self._analyse_zeros()
        levels = self._levels.levels()
        self._check_finite()
        for spectra in self._stft.flush():
            self._dispatch(spectra)
        for powers in self._fine.flush():
            self._dispatch_fine(powers)
        gate = SilenceGate(levels)
        accumulated = (  # each frees its arrays; the one that needs most memory comes last
            self._spectral.features(gate),
            self._harmonic.features(gate),
            self._temporal.features(gate, duration_sec),
        )
        if self._short.is_short:
            energies, loudness = self._short.band_energies(), self._short.loudness()
        else:
            energies, loudness = self._ltas.band_energies(), self._loudness.loudness(duration_sec)
        families = (
            *accumulated,
            frequency(energies),
            dynamics(levels, loudness, energies),
            variation(levels, gate, loudness),
            stereo(levels, self._image.width(), self._channels),
        )
        return _silence() if levels.silent else _merged(families)

    def _dispatch(self, spectra: Spectra) -> None:
        """Pass a chunk of frames to everything that accumulates spectra."""
        self._ltas.accumulate(spectra)
        self._loudness.accumulate(spectra)
        self._spectral.accumulate(spectra)
        self._temporal.accumulate(spectra)
        self._harmonic.accumulate(spectra)
        self._image.accumulate(spectra)
        for powers in self._fine.transform(spectra.mid_band):
            self._dispatch_fine(powers)
        if self._on_spectra is not None:
            self._on_spectra(spectra)

    def _dispatch_fine(self, powers: FloatArray) -> None:
        self._spectral.accumulate_fine(powers)
        self._harmonic.accumulate_fine(powers)

    def _check_finite(self) -> None:
        if not self._levels.finite:
            raise AnalysisError("non_finite", "The file holds samples that are not numbers, or far beyond full scale.")


def _merged(families: tuple[FeatureValues, ...]) -> FeatureValues:
    """Return the values of all families, clipped to the ranges of the schema."""
    values = {name: value for family in families for name, value in family.values.items()}
    undefined = {name for family in families for name in family.undefined}
    tempo = next((family.tempo for family in families if family.tempo), None)
    return FeatureValues(
        {each.name: float(np.clip(values[each.name], each.low, each.high)) for each in schema.DIMENSIONS},
        tuple(name for name in schema.NAMES if name in undefined),
        tempo,
    )


def _is_zero(block: FloatArray) -> bool:
    with np.errstate(invalid="ignore"):  # not a number: refused when the block is analysed
        return not block.any()


def _silence() -> FeatureValues:
    """Return the values of digital silence: only silence ratio and loudness are defined."""
    values = {dimension.name: dimension.neutral for dimension in schema.DIMENSIONS}
    defined = {"silence_ratio", "lufs"}
    return FeatureValues(values, tuple(name for name in schema.NAMES if name not in defined))
