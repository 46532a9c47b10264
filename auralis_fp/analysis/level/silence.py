"""Which moments of a file are silent: the threshold that all dimensions share."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..kernels.loudness import moving_mean
from ..spectrum.grid import SILENCE_POWER
from .levels import SEGMENT_SEC, Levels

SILENT_SHARE: Final = 1e-4  # of the power of the loudest moment: 40 dB
MOMENT_SEC: Final = 0.4  # of the momentary loudness of EBU Tech 3341; one click hardly moves it
_MOMENT_SEGMENTS: Final = round(MOMENT_SEC / SEGMENT_SEC)
_GAP_SEC: Final = 1.0  # up to here a gap belongs to the rhythm ...
_PAUSE_SEC: Final = 2.0  # ... and from here on it is a pause (the default of ffmpeg's silencedetect)


class SilenceGate:
    """Tell sounding from silent moments of a file, in frames of 50 ms every 25 ms.

    A frame is silent if its power is more than 40 dB below the loudest 400 ms of the file, or below -70 dBFS.

    Parameters
    ----------
    levels : Levels
        Of the whole file.
    """

    def __init__(self, levels: Levels) -> None:
        powers = levels.powers()
        loudest = float(moving_mean(powers, min(_MOMENT_SEGMENTS, len(powers))).max())
        self.threshold = max(SILENT_SHARE * loudest, SILENCE_POWER)
        frames = (powers[1:] + powers[:-1]) / 2 if len(powers) > 1 else powers
        self._sounding: NDArray[np.bool_] = frames >= self.threshold
        self._step_sec = levels.segment_sec

    def sounding(self, times: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return True for the moments, in seconds from the start of the file, that are not silent."""
        nearest = np.rint(times / self._step_sec).astype(np.int64) - 1  # the first frame is centred at one step
        sounding: NDArray[np.bool_] = self._sounding[np.clip(nearest, 0, len(self._sounding) - 1)]
        return sounding

    def silence_ratio(self) -> float:
        """Return the share of the file that is silence, 0 to 1.

        A silent stretch of 2 s or more counts fully and one of 1 s or less not at all; between, its share grows with
        its length.
        """
        if not self._sounding.any():
            return 1.0
        edges = np.flatnonzero(np.diff(self._sounding, prepend=True, append=True))
        lengths = np.diff(edges)[::2]
        weights = (lengths * self._step_sec - _GAP_SEC) / (_PAUSE_SEC - _GAP_SEC)
        return float(lengths @ np.clip(weights, 0, 1) / len(self._sounding))
