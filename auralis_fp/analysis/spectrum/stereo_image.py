"""Width of the stereo image by frequency."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.stereo import perceived_width
from .grid import STFTGrid
from .stft import Spectra

_LOWEST_HZ: Final = 200.0  # below, the ears hardly tell where a sound comes from


class StereoImage:
    """Accumulate the energy and the product of left and right in auditory bands (Glasberg & Moore 1990).

    Parameters
    ----------
    grid : STFTGrid
    """

    def __init__(self, grid: STFTGrid) -> None:
        self._bands = _bands(grid)
        self._sums = np.zeros((2, grid.image_bins))

    def accumulate(self, spectra: Spectra) -> None:
        """Add the cross-spectrum of a chunk of frames."""
        self._sums += spectra.image

    def width(self) -> float | None:
        """Return the perceived width, 0 to 1; None for silence and for a single channel."""
        energy, product = self._sums @ self._bands
        return perceived_width(energy, product) if energy.any() else None


@lru_cache(maxsize=2)
def _bands(grid: STFTGrid) -> NDArray[np.float64]:
    """Return the matrix that sums bins in bands of one equivalent rectangular bandwidth, shape (bins, bands)."""
    frequencies = grid.bin_width_hz * np.arange(grid.image_bins)
    rate = 21.4 * np.log10(1 + 0.00437 * np.array([_LOWEST_HZ, *frequencies]))
    bands = np.floor(rate[1:] - rate[0]).astype(np.int64)
    matrix: NDArray[np.float64] = (bands[:, None] == np.arange(bands.max() + 1)).astype(np.float64)
    return matrix
