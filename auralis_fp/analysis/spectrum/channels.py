"""What each channel stands for: in the spectra, in the loudness, in the stereo image."""

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
_IMAGE: Final = {  # gains into left and right, ITU-R BS.775
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
    """How channels are taken together.

    ``pairs`` holds all channels but the low-frequency effects, two and two of equal loudness weight; ``full_range`` is
    their number; ``downmix`` the gains into left and right, shape (2, channels).
    """

    pairs: tuple[ChannelPair, ...]
    full_range: int
    downmix: FloatArray

    @classmethod
    def of(cls, positions: tuple[str, ...]) -> "Layout":
        """Make the layout of channels standing at *positions*; unknown ones count as in the middle."""
        heard = [index for index, position in enumerate(positions) if position not in _LOW_FREQUENCY]
        heard = heard or list(range(len(positions)))
        surround = [index for index in heard if positions[index] in _SURROUND]
        front = [index for index in heard if positions[index] not in _SURROUND]
        pairs = tuple(
            ChannelPair(tuple(group[first : first + 2]), weight)
            for group, weight in ((front, 1.0), (surround, _SURROUND_WEIGHT))
            for first in range(0, len(group), 2)
        )
        middle = (_HALF_POWER, _HALF_POWER)
        gains = [
            _IMAGE.get(position, middle) if index in heard else (0.0, 0.0) for index, position in enumerate(positions)
        ]
        return cls(pairs, len(heard), np.array(gains, dtype=np.float32).T.copy())
