"""Compare tempo and rhythm stability with other implementations on an excerpt."""

from collections.abc import Iterator
from typing import Final

import essentia
import librosa
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from auralis_fp.analysis.extractor import FingerprintExtractor

from .comparison import Comparison
from .music import Track
from .tempo_peers import LEVELS, RATE, peers

STRETCH_SEC: Final = 60.0
_LOW_RATE: Final = 22_050
_HOP: Final = 221  # about 100 frames a second
_FRAMES_PER_SEC: Final = _LOW_RATE / _HOP
_WINDOW_SEC, _HOP_SEC = 12.0, 6.0
_SLOWEST_BPM, _FASTEST_BPM = 40.0, 220.0
_SAME_TEMPO: Final = 0.06  # octaves


def rhythm(track: Track, positions: tuple[str, ...]) -> Iterator[Comparison]:
    """Yield comparisons of tempo and rhythm stability on the first 60 s of a track, if it has a tempo.

    The answers of other programs are compared at the metrical level nearest to ours.
    """
    essentia.log.infoActive = essentia.log.warningActive = False
    stretch = np.ascontiguousarray(track.samples[: round(STRETCH_SEC * track.rate)])
    extractor = FingerprintExtractor(track.rate, positions)
    extractor.add_block(stretch)
    found = extractor.result()
    if found.tempo is None:
        return
    bpm, mono = found.values["tempo_bpm"], stretch.mean(axis=1)
    signal = np.ascontiguousarray(librosa.resample(mono, orig_sr=track.rate, target_sr=RATE), dtype=np.float32)
    for who, peer in peers().items():
        if (theirs := peer(signal)) > 0:
            level = min(LEVELS, key=lambda each: abs(np.log2(bpm / (each * theirs))))
            yield Comparison("tempo_bpm", f"{who}, at the nearest level", bpm, level * theirs, relative=True)
    theirs = stability(librosa.resample(mono, orig_sr=track.rate, target_sr=_LOW_RATE))
    name = "rhythm_stability"
    yield Comparison(name, "autocorrelation of librosa's `onset_strength`", found.values[name], theirs)


def stability(mono: NDArray[np.float32]) -> float:
    """Return the rhythm stability of a signal at 22.05 kHz from librosa's onset strength.

    It is the mean of the highest autocorrelations of windows of 12 s at beat periods between 40 and 220 BPM, times the
    agreement of their periods with that of all windows.
    """
    strength = librosa.onset.onset_strength(y=mono, sr=_LOW_RATE, hop_length=_HOP).astype(np.float64)
    strength = np.maximum(strength - uniform_filter1d(strength, round(_FRAMES_PER_SEC)), 0)
    length, hop = min(len(strength), round(_WINDOW_SEC * _FRAMES_PER_SEC)), round(_HOP_SEC * _FRAMES_PER_SEC)
    starts = range(0, len(strength) - length + 1, hop)
    lags = np.arange(round(60 * _FRAMES_PER_SEC / _FASTEST_BPM), round(60 * _FRAMES_PER_SEC / _SLOWEST_BPM) + 1)
    lags = lags[lags < length // 2]
    correlations = np.array(
        [[_correlation(strength[start : start + length], lag) for lag in lags.tolist()] for start in starts]
    )
    if not correlations.size:
        return 0.0
    common = lags[correlations.mean(axis=0).argmax()]
    near = np.abs(np.log2(lags / common)) < 0.2  # octaves: other metrical levels lie outside
    own = lags[near][correlations[:, near].argmax(axis=1)]
    agreement = np.exp(-0.5 * (np.log2(own / common) / _SAME_TEMPO) ** 2).mean()
    return float(np.clip(correlations.max(axis=1), 0, 1).mean() * agreement)


def _correlation(window: NDArray[np.float64], lag: int) -> float:
    centred = window - window.mean()
    before, after = centred[:-lag], centred[lag:]
    energy = float(np.sqrt((before @ before) * (after @ after)))
    return float(before @ after) / energy if energy > 0 else 0.0
