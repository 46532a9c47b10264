"""Temporal: tempo, rhythm stability, transient density and silence."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..level.silence import SilenceGate
from ..rhythm.band_levels import BandLevels
from ..rhythm.novelty import NoveltyCurves
from ..rhythm.onset_strength import OnsetDetector, OnsetStrength, pick_onsets
from ..rhythm.tempo import TempoEstimator
from ..spectrum.decimation import SubbandRates
from ..spectrum.grid import STFTGrid
from ..spectrum.stft import Spectra
from ..types import FeatureValues

_DENSEST_PER_SEC: Final = 10.0
_RISE_SEC: Final = 0.025  # from the peak of the flux to the loudest moment of an onset


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
        self._levels = BandLevels(grid)
        self._tempo = TempoEstimator()
        self._frames = 0  # valid frames of the segments so far
        self._onsets: list[NDArray[np.float64]] = []  # their times in seconds, of each segment

    def accumulate(self, spectra: Spectra) -> None:
        """Add a chunk of frames."""
        self._novelty.accumulate(spectra)
        self._levels.accumulate(spectra)
        for segment in self._detector.detect(spectra.mid_band):
            self._add(segment)

    def _add(self, segment: OnsetStrength) -> None:
        first = self._frames - segment.valid.start
        self._frames = first + segment.valid.stop
        times = (first + np.arange(len(segment.flux))) / segment.rate
        self._tempo.add(segment, self._novelty.interpolate(times))
        self._onsets.append(times[pick_onsets(segment)])

    def features(self, gate: SilenceGate, duration_sec: float) -> FeatureValues:
        """Return tempo in BPM, and rhythm stability, transient density and silence ratio, each 0 to 1.

        Parameters
        ----------
        gate : SilenceGate
            Of the whole file.
        duration_sec : float
            Length of the file.
        """
        self._add(self._detector.flush())
        tempo, stability = self._tempo.estimate(self._levels)
        onsets = np.concatenate(self._onsets)
        count = int((gate.sounding(onsets) | gate.sounding(onsets + _RISE_SEC)).sum())
        return FeatureValues.of(
            {
                "tempo_bpm": tempo.candidates[0].bpm if tempo else None,
                "rhythm_stability": stability,
                "transient_density": count / duration_sec / _DENSEST_PER_SEC,
                "silence_ratio": gate.silence_ratio(),
            },
            tempo=tempo,
        )
