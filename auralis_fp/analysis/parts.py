"""The parts of a result that are computed beside the fingerprint, from the same blocks and spectra."""

from collections.abc import Collection

from ..models import Part
from ..schema.parts import SUB_FINGERPRINTS, TIMBRE, PartKind
from .spectrum.channels import Layout
from .spectrum.grid import STFTGrid
from .spectrum.stft import Spectra, StreamingSTFT
from .spectrum.timbre import Timbre
from .sub_fingerprints import SubFingerprints
from .types import FloatArray


class Parts:
    """Accumulate the wanted parts of a recording.

    Parameters
    ----------
    wanted : collection of PartKind
    sample_rate : int
        Hz.
    positions : tuple of str
        Position of each channel, such as ``FL``.
    """

    def __init__(self, wanted: Collection[PartKind], sample_rate: int, positions: tuple[str, ...]) -> None:
        self._layout, self._grid = Layout.of(positions), STFTGrid.for_rate(sample_rate)
        self._bits = SubFingerprints(sample_rate, len(positions)) if SUB_FINGERPRINTS in wanted else None
        self._timbre = Timbre(self._grid, self._layout.full_range) if TIMBRE in wanted else None

    def add_block(self, block: FloatArray) -> None:
        """Take the next block, shape (samples, channels)."""
        if self._bits is not None:
            self._bits.add_block(block)

    @property
    def need_spectra(self) -> bool:
        """Whether a part is computed from spectra."""
        return self._timbre is not None

    def accumulate(self, spectra: Spectra) -> None:
        """Take the next chunk of frames."""
        if self._timbre is not None:
            self._timbre.accumulate(spectra)

    def result(self) -> tuple[Part, ...]:
        """Return the wanted parts."""
        computed = ((SUB_FINGERPRINTS, self._bits), (TIMBRE, self._timbre))
        return tuple(Part(kind.name, kind.version, one.result()) for kind, one in computed if one is not None)


class StandaloneParts(Parts):
    """The same, with spectra of its own: for a recording whose fingerprint is known."""

    def __init__(self, wanted: Collection[PartKind], sample_rate: int, positions: tuple[str, ...]) -> None:
        super().__init__(wanted, sample_rate, positions)
        self._stft = StreamingSTFT(self._grid, self._layout.pairs, len(positions)) if self._timbre else None

    def add_block(self, block: FloatArray) -> None:
        """Take the next block, shape (samples, channels)."""
        super().add_block(block)
        if self._stft is not None:
            for spectra in self._stft.transform(block):
                self.accumulate(spectra)

    @property
    def complete(self) -> bool:
        """Whether the rest of the recording makes no difference."""
        return self._timbre is None and (self._bits is None or self._bits.complete)

    def result(self) -> tuple[Part, ...]:
        """Return the wanted parts."""
        if self._stft is not None:
            for spectra in self._stft.flush():
                self.accumulate(spectra)
        return super().result()
