"""Training examples: the candidates of each clip at several speeds, and which of them is right."""

import json
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.rhythm import tempo, tempo_features
from auralis_fp.analysis.types import FloatArray

SPEEDS: Final = (0.87, 1.0, 1.15)
LEVELS: Final = (1, 2, 3, 1 / 2, 1 / 3)
TOLERANCE: Final = 0.04
_SLOWEST, _FASTEST = 40.0, 225.0


class Example(NamedTuple):
    """A clip at one speed.

    Parameters
    ----------
    source, group : str
    bpm : float
        The true tempo.
    candidates : ndarray, shape (candidates,), float64
        In BPM.
    features : ndarray, shape (candidates, features), float32
    right, related : ndarray, shape (candidates,), bool
        Whether a candidate is the true tempo, or a level of the same metre.
    """

    source: str
    group: str
    bpm: float
    candidates: NDArray[np.float64]
    features: FloatArray
    right: NDArray[np.bool_]
    related: NDArray[np.bool_]


def load(paths: Iterable[Path]) -> list[Example]:
    """Return the examples of all clips."""
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        return [example for some in processes.map(_examples, paths, chunksize=8) for example in some]


def _examples(path: Path) -> list[Example]:
    with np.load(path) as stored:
        about, curves = json.loads(str(stored["about"])), stored["curves"].astype(np.float32)
    found = []
    for speed in SPEEDS:
        bpm, rate = about["bpm"] * speed, about["rate"] * speed
        if _SLOWEST <= bpm <= _FASTEST:
            example = _example(tempo.combined_curves(curves, rate), rate, bpm, (about["source"], about["group"]))
            found += [example] if example else []
    return found


def _example(curves: FloatArray, rate: float, bpm: float, whose: tuple[str, str]) -> Example | None:
    windows = tempo.eventful_windows(_windows(curves, rate))
    if not windows.shape[1]:
        return None
    grams = tempo_features.tempograms(windows, rate)
    lags = tempo.refined_lags(grams, tempo_features.candidate_peaks(grams, rate))
    if not len(lags):
        return None
    candidates = 60 * rate / lags
    off = np.stack([np.abs(candidates / (bpm * level) - 1) <= TOLERANCE for level in LEVELS])
    features = tempo_features.candidate_features(grams, lags, rate)
    return Example(*whose, bpm, candidates, features, np.asarray(off[0]), np.asarray(off.any(axis=0)))


def _windows(curves: FloatArray, rate: float) -> FloatArray:
    """Cut curves, shape (7, frames), into windows as the analysis does, shape (7, windows, frames)."""
    length = min(curves.shape[1], round(tempo.WINDOW_SEC * rate))
    starts = list(range(0, curves.shape[1] - length + 1, round(tempo.HOP_SEC * rate)))
    if curves.shape[1] - length - starts[-1] > rate:
        starts.append(curves.shape[1] - length)
    return np.stack([curves[:, start : start + length] for start in starts], axis=1)


def held_out(examples: Sequence[Example], fold: int, folds: int) -> tuple[list[Example], list[Example]]:
    """Return the examples outside and inside a fold; groups are never split."""
    names = sorted({(each.source, each.group) for each in examples})
    inside = {name for index, name in enumerate(names) if index * 7919 % folds == fold}
    return (
        [each for each in examples if (each.source, each.group) not in inside],
        [each for each in examples if (each.source, each.group) in inside],
    )
