"""Tempo, rhythm, attacks and silence."""

from typing import Final

import numpy as np

from ..level.levels import Levels
from ..rhythm.novelty import NoveltyCurves
from ..rhythm.onset_strength import OnsetDetector, OnsetEvents, OnsetStrength, audible, onsets
from ..rhythm.tempo import TempoEstimator
from ..spectrum.stft import Spectra, STFTGrid, SubbandRates
from ..types import FeatureValues

_NEUTRAL_BPM: Final = 120.0
_DENSEST_PER_SEC: Final = 10.0
_SILENCE_RANGE: Final = 1e-4  # 40 dB under the loudest
_SILENCE_POWER: Final = 1e-7  # -70 dBFS


class Temporal:
    """Gathers what the four temporal dimensions need, mostly from the signal at about 11 kHz."""

    def __init__(self, grid: STFTGrid, pairs: int) -> None:
        self._detector = OnsetDetector(SubbandRates(grid).middle_rate, pairs)
        self._accents = NoveltyCurves(grid)
        self._pulse = TempoEstimator()
        self._frames = 0  # of the envelope, that were own to the stretches so far
        self._onsets: list[OnsetEvents] = []  # of each stretch
        self._loudest = 0.0

    def feed(self, spectra: Spectra) -> None:
        """Take the next spectra."""
        self._accents.feed(spectra)
        for stretch in self._detector.feed(spectra.middle):
            self._take(stretch)

    def _take(self, stretch: OnsetStrength) -> None:
        first = self._frames - stretch.own.start
        self._frames = first + stretch.own.stop
        self._pulse.feed(stretch, self._accents.at((first + np.arange(len(stretch.flux))) / stretch.rate))
        self._onsets.append(onsets(stretch))
        self._loudest = max(self._loudest, float(stretch.power.max(initial=0)))

    def measure(self, levels: Levels, duration_sec: float) -> FeatureValues:
        """Return tempo in BPM, rhythm stability, transient density and silence ratio, each 0-1."""
        self._take(self._detector.finish())
        found = self._pulse.finish()
        count = sum(int(audible(each.powers, self._loudest).sum()) for each in self._onsets)
        return FeatureValues(
            {
                "tempo_bpm": _NEUTRAL_BPM if found.tempo_bpm is None else found.tempo_bpm,
                "rhythm_stability": found.stability,
                "transient_density": min(1.0, count / duration_sec / _DENSEST_PER_SEC),
                "silence_ratio": silence_ratio(levels),
            },
            ("tempo_bpm",) if found.tempo_bpm is None else (),
        )


def silence_ratio(levels: Levels) -> float:
    """Return the share of 50-ms frames (every 25 ms) that are silent beside the loudest, 0 to 1."""
    powers = levels.powers()
    frames = (powers[1:] + powers[:-1]) / 2 if len(powers) > 1 else powers
    return float(np.mean(frames < max(frames.max() * _SILENCE_RANGE, _SILENCE_POWER)))
