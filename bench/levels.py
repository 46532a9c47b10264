"""The threshold of silence, from samples."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SILENCE: Final = 1e-7  # -70 dBFS


def silence_threshold(squares: NDArray[np.float64], rate: int) -> float:
    """Return the power below which a moment is silent: 40 dB below the loudest 400 ms, or -70 dBFS.

    Parameters
    ----------
    squares : ndarray, shape (samples,)
        Squared samples, averaged over channels.
    rate : int
        Hz.
    """
    length = min(len(squares), round(0.4 * rate))
    sums = np.concatenate(([0.0], np.cumsum(squares)))
    return max(1e-4 * float((sums[length:] - sums[:-length]).max()) / length, _SILENCE)
