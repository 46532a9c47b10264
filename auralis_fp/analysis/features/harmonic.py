"""Held notes against hits, one pitch against many."""

from typing import Final

from ..spectrum.stft import Spectra, STFTGrid
from ..tonal.chroma import Chroma
from ..tonal.hpss import HPSS
from ..tonal.pitch import PitchTracker
from ..types import FeatureValues

_NEUTRAL: Final = {"harmonic_ratio": 0.5, "pitch_stability": 0.0, "chroma_energy": 0.0}


class Harmonic:
    """Gathers what the three harmonic dimensions need.

    Parameters
    ----------
    grid : STFTGrid
    pairs, channels : int
        Pairs of channels in the low-rate signals, and channels in them.
    """

    def __init__(self, grid: STFTGrid, pairs: int, channels: int) -> None:
        self._separation = HPSS(grid)
        self._pitch = PitchTracker(grid, channels)
        self._chroma = Chroma(grid, pairs)

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        self._separation.feed(spectra)
        self._pitch.feed(spectra)
        self._chroma.feed(spectra)

    def measure(self) -> FeatureValues:
        """Return harmonic ratio, pitch stability and chroma concentration, each 0-1."""
        found = {
            "harmonic_ratio": self._separation.finish(),
            "pitch_stability": self._pitch.finish(),
            "chroma_energy": self._chroma.finish(),
        }
        values = {name: _NEUTRAL[name] if value is None else value for name, value in found.items()}
        return FeatureValues(values, tuple(name for name, value in found.items() if value is None))
