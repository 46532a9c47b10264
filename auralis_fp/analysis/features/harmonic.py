"""Harmonic: harmonic-percussive ratio, pitch stability and chroma concentration."""

from ..level.silence import SilenceGate
from ..spectrum.grid import STFTGrid
from ..spectrum.stft import Spectra
from ..tonal.chroma import Chroma
from ..tonal.hpss import HPSS
from ..tonal.pitch import PitchTracker
from ..types import FeatureValues, FloatArray


class Harmonic:
    """Accumulate the three harmonic dimensions.

    Parameters
    ----------
    grid : STFTGrid
    pairs : int
        Pairs of channels in the sub-bands.
    channels : int
        Channels in the pairs.
    """

    def __init__(self, grid: STFTGrid, pairs: int, channels: int) -> None:
        self._hpss = HPSS(grid)
        self._pitch = PitchTracker(grid, channels)
        self._chroma = Chroma(grid, pairs)

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        self._hpss.separate(spectra)
        self._pitch.track(spectra)
        self._chroma.accumulate(spectra)

    def accumulate_fine(self, powers: FloatArray) -> None:
        """Add spectra of `fine_stft`, shape (frames, FINE_FRAME / 2)."""
        self._chroma.accumulate_fine(powers)

    def features(self, gate: SilenceGate) -> FeatureValues:
        """Return harmonic ratio, pitch stability and chroma concentration, each 0 to 1; all spectra must be added."""
        chroma_energy = self._chroma.concentration()  # first: it frees most memory and needs least
        return FeatureValues.of(
            {
                "harmonic_ratio": self._hpss.harmonic_ratio(),
                "pitch_stability": self._pitch.stability(gate),
                "chroma_energy": chroma_energy,
            }
        )
