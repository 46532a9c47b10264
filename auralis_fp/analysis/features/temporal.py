"""Temporal: tempo, rhythm stability, transient density and silence."""

from typing import Final

import numpy as np

from ..level.levels import Levels
from ..rhythm.novelty import NoveltyCurves
from ..rhythm.onset_strength import OnsetDetector, OnsetEvents, OnsetStrength, audible, pick_onsets
from ..rhythm.tempo import TempoEstimator
from ..spectrum.decimation import SubbandRates
from ..spectrum.grid import SILENCE_POWER, STFTGrid
from ..spectrum.stft import Spectra
from ..types import FeatureValues

_DENSEST_PER_SEC: Final = 10.0
_SILENCE_RANGE: Final = 1e-4  # 40 dB below the loudest


class Temporal:
    """Accumulate the four temporal dimensions, mostly from the mid sub-band.

    Parameters
    ----------
    grid : STFTGrid
    pairs : int
        Pairs of channels in the sub-bands.
    """

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        self._detector = OnsetDetector(SubbandRates(grid).mid_rate, pairs)
        self._novelty = NoveltyCurves(grid)
        self._tempo = TempoEstimator()
        self._frames = 0  # valid frames of the segments so far
        self._onsets: list[OnsetEvents] = []  # of each segment
        self._loudest = 0.0

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        self._novelty.accumulate(spectra)
        for segment in self._detector.detect(spectra.mid_band):
            self._add(segment)

    def _add(self, segment: OnsetStrength) -> None:
        first = self._frames - segment.valid.start
        self._frames = first + segment.valid.stop
        times = (first + np.arange(len(segment.flux))) / segment.rate
        self._tempo.add(segment, self._novelty.interpolate(times))
        self._onsets.append(pick_onsets(segment))
        self._loudest = max(self._loudest, float(segment.power.max(initial=0)))

    def features(self, levels: Levels, duration_sec: float) -> FeatureValues:
        """Return tempo in BPM, and rhythm stability, transient density and silence ratio, each 0 to 1.

        Parameters
        ----------
        levels : Levels
            Of the whole file.
        duration_sec : float
            Length of the file.
        """
        self._add(self._detector.flush())
        tempo = self._tempo.estimate()
        count = sum(int(audible(each.powers, self._loudest).sum()) for each in self._onsets)
        return FeatureValues.of(
            {
                "tempo_bpm": tempo.tempo_bpm,
                "rhythm_stability": tempo.stability,
                "transient_density": count / duration_sec / _DENSEST_PER_SEC,
                "silence_ratio": silence_ratio(levels),
            }
        )


def silence_ratio(levels: Levels) -> float:
    """Return the share of 50-ms frames (hop 25 ms) that are silent or 40 dB below the loudest, 0 to 1."""
    powers = levels.powers()
    frames = (powers[1:] + powers[:-1]) / 2 if len(powers) > 1 else powers
    return float(np.mean(frames < max(frames.max() * _SILENCE_RANGE, SILENCE_POWER)))
