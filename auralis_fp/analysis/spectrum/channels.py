"""Channel layout: pairs for the STFT, loudness weights (ITU-R BS.1770-4) and the stereo downmix (ITU-R BS.775)."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from ..types import FloatArray
from .stft import ChannelPair

_SURROUND_WEIGHT: Final = 1.41  # ITU-R BS.1770-4, table 3
_SURROUND: Final = frozenset({"SL", "SR", "BL", "BR"})
_LOW_FREQUENCY: Final = frozenset({"LFE", "LFE2"})
_HALF_POWER: Final = 1 / sqrt(2)
_DOWNMIX: Final = {  # gains into left and right, ITU-R BS.775
    "FL": (1.0, 0.0),
    "FR": (0.0, 1.0),
    "FC": (_HALF_POWER, _HALF_POWER),
    "M": (_HALF_POWER, _HALF_POWER),
    "SL": (_HALF_POWER, 0.0),
    "BL": (_HALF_POWER, 0.0),
    "FLC": (1.0, 0.0),
    "FRC": (0.0, 1.0),
    "SR": (0.0, _HALF_POWER),
    "BR": (0.0, _HALF_POWER),
    "BC": (_HALF_POWER**2, _HALF_POWER**2),
}


@dataclass(frozen=True)
class Layout:
    """How the channels of a file are combined.

    Parameters
    ----------
    pairs : tuple of ChannelPair
        All channels but the low-frequency effects, in pairs of equal loudness weight.
    full_range : int
        Number of channels in the pairs.
    downmix : ndarray, shape (2, channels), float32
        Gains into left and right.
    """

    pairs: tuple[ChannelPair, ...]
    full_range: int
    downmix: FloatArray

    @classmethod
    def of(cls, positions: tuple[str, ...]) -> "Layout":
        """Return the layout of channels at *positions*; unknown positions count as centre."""
        full_range = [index for index, position in enumerate(positions) if position not in _LOW_FREQUENCY]
        full_range = full_range or list(range(len(positions)))
        surround = [index for index in full_range if positions[index] in _SURROUND]
        front = [index for index in full_range if positions[index] not in _SURROUND]
        pairs = tuple(
            ChannelPair(tuple(group[first : first + 2]), weight)
            for group, weight in ((front, 1.0), (surround, _SURROUND_WEIGHT))
            for first in range(0, len(group), 2)
        )
        centre = (_HALF_POWER, _HALF_POWER)
        gains = [
            _DOWNMIX.get(position, centre) if index in full_range else (0.0, 0.0)
            for index, position in enumerate(positions)
        ]
        return cls(pairs, len(full_range), np.array(gains, dtype=np.float32).T.copy())
