"""Tempo beside the peers, on music whose notes tell it."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import aubio
import librosa
import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.worker import fingerprint_file

from .music import table
from .tempo_set import Clip, build, is_tuned

try:
    import essentia.standard as essentia
except ImportError:  # has no wheels for some systems
    essentia = None

_TOLERANCE: Final = 0.04
_OCTAVES: Final = (1, 2, 3, 1 / 2, 1 / 3)  # Gouyon et al. 2006
_RATE: Final = 44_100

Signal = NDArray[np.float32]


def report(folder: Path) -> str:
    """Return the shares of clips whose tempo is right within 4 % (first), or a level of the same metre (second)."""
    scores: dict[tuple[str, str, str], list[tuple[bool, bool]]] = defaultdict(list)
    for clip in build(folder):
        half = "tuned" if is_tuned(clip) else "unseen"
        for who, bpm in _opinions(clip):
            right = (_is(bpm, clip.bpm), any(_is(bpm, clip.bpm * ratio) for ratio in _OCTAVES))
            for kind in (clip.kind, "all"):
                scores[half, kind, who].append(right)
    rows = [
        (half, kind, who, len(found), *(f"{100 * share:.0f} %" for share in np.mean(found, axis=0)))
        for (half, kind, who), found in sorted(scores.items())
    ]
    return "## Tempo\n\n" + table(("half", "music", "who", "clips", "accuracy 1", "accuracy 2"), rows)


def _is(bpm: float, expected: float) -> bool:
    return abs(bpm / expected - 1) <= _TOLERANCE


def _opinions(clip: Clip) -> Iterator[tuple[str, float]]:
    """Yield who says which tempo; ours without a pulse counts as 120."""
    yield "ours", fingerprint_file(os.fsencode(clip.path)).fingerprint["tempo_bpm"]
    signal, _ = librosa.load(clip.path, sr=_RATE)
    yield "librosa beat_track", _librosa(signal)
    yield "aubio", _aubio(signal)
    if essentia is not None:
        for name, estimate in _essentia().items():
            yield f"essentia {name}", estimate(signal)


def _librosa(signal: Signal) -> float:
    low = librosa.resample(signal, orig_sr=_RATE, target_sr=22_050)
    return float(np.atleast_1d(librosa.beat.beat_track(y=low, sr=22_050)[0])[0])


def _aubio(signal: Signal) -> float:
    """Return the tempo of the median distance of aubio's beats, as its own demo does."""
    tempo = aubio.tempo("default", 1024, 512, _RATE)
    beats = [
        tempo.get_last_s()
        for start in range(0, len(signal) - 512, 512)
        if tempo(np.ascontiguousarray(signal[start : start + 512]))
    ]
    return float(np.median(60 / np.diff(beats))) if len(beats) > 2 else 0.0


def _essentia() -> dict[str, Callable[[Signal], float]]:
    return {
        "Percival": lambda signal: float(essentia.PercivalBpmEstimator()(signal)),
        "RhythmExtractor2013": lambda signal: float(essentia.RhythmExtractor2013()(signal)[0]),
    }
