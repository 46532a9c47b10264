"""Train the weights of ``auralis_fp.analysis.rhythm.tempo_salience`` on the training half of the tempo set.

A clip's candidates are the peaks of its correlation; the weights maximise the likelihood of the right one, as in a
multinomial logistic regression, and, with less weight, of one at a level of the same metre. Each clip counts at five
speeds. Cross-validation leaves out pieces, not clips.
"""

import argparse
import os
import zlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from auralis_fp.analysis.rhythm import tempo, tempo_salience
from auralis_fp.analysis.rhythm.novelty import NoveltyCurves
from auralis_fp.analysis.rhythm.onset_strength import OnsetDetector, OnsetStrength
from auralis_fp.analysis.spectrum.channels import Layout
from auralis_fp.analysis.spectrum.decimation import SubbandRates
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.spectrum.stft import StreamingSTFT
from auralis_fp.analysis.types import FloatArray

from .music import load
from .tempo_render import Clip
from .tempo_set import build, is_tuned

_SPEEDS: Final = (0.75, 0.87, 1.0, 1.15, 1.35)
_SLOWEST, _FASTEST = 40.0, 240.0
_TOLERANCE: Final = 0.04
_LEVELS: Final = (1, 2, 3, 1 / 2, 1 / 3)
_LEVEL_WEIGHT: Final = 0.3
_RIDGE: Final = 0.02
_LOOPS_COUNT: Final = 4  # weight of loops, whose tempo is certain
_FOLDS: Final = 5

Floats = NDArray[np.float64]


class Example(NamedTuple):
    """A clip at one speed: features of its candidates, (candidates, features), and the correct ones."""

    clip: Clip
    features: Floats
    right: NDArray[np.bool_]
    related: NDArray[np.bool_]


def envelope_of(clip: Clip) -> tuple[OnsetStrength, FloatArray]:
    """Return the onset strength of a clip and the novelty curves at its frames."""
    track = load(clip.path)
    if track is None:
        raise ValueError(f"{clip.path} cannot be read.")
    grid, layout = STFTGrid.for_rate(track.rate), Layout.of(("FL", "FR"))
    stft = StreamingSTFT(grid, layout.pairs, 2)
    detector, accents = OnsetDetector(SubbandRates(grid).mid_rate, len(layout.pairs)), NoveltyCurves(grid)
    for spectra in (*stft.transform(track.samples), *stft.flush()):
        detector.detect(spectra.mid_band)
        accents.accumulate(spectra)
    envelope = detector.flush()
    return envelope, accents.interpolate(np.arange(len(envelope.flux)) / envelope.rate)


def examples(clip: Clip) -> list[Example]:
    """Return a clip at several speeds, simulated by the frame rate of its onset strength."""
    envelope, others = envelope_of(clip)
    found = (_example(clip, replace(envelope, rate=envelope.rate * speed), others, speed) for speed in _SPEEDS)
    return [example for example in found if example is not None] * (_LOOPS_COUNT if clip.kind == "loop" else 1)


def _example(clip: Clip, envelope: OnsetStrength, others: FloatArray, speed: float) -> Example | None:
    expected = (clip.bpm or 0.0) * speed
    series, rate = tempo.onset_curves(envelope, others), envelope.rate
    length = min(series.shape[1], round(12 * rate))
    starts = range(0, series.shape[1] - length + 1, round(6 * rate))
    found = tempo.tempograms(series, starts, length, rate, float(series[0].max()))
    periods = tempo_salience.candidate_lags(rate)
    possible = np.flatnonzero(tempo.candidate_peaks(found.autocorrelation[0].mean(axis=0, keepdims=True), rate)[0])
    if not len(possible) or not _SLOWEST <= expected <= _FASTEST:
        return None
    bpm = 60 * rate / periods[possible]
    off = np.stack([np.abs(bpm / (expected * level) - 1) <= _TOLERANCE for level in _LEVELS])
    right, related = np.asarray(off[0]), np.asarray(off.any(axis=0))
    return Example(clip, _features(found, rate)[possible], right, related)


def _features(found: tempo.Tempograms, rate: float) -> Floats:
    """Return the features, shape (periods, features)."""
    at_lags, bins = tempo_salience.lag_indices(rate)
    by_lag = tempo_salience.peak_evidence(found.autocorrelation[1:], rate).mean(axis=1)[:, at_lags]
    by_frequency = found.fourier.mean(axis=1)[:, bins]
    busy = tempo_salience.onset_rate_terms(found.onset_rate.mean(axis=1), rate)
    rows = (*by_lag, *by_frequency, busy, tempo_salience.tempo_terms(rate))
    return np.concatenate(rows).T


def fit(given: Sequence[Example]) -> Floats:
    """Return the maximum-likelihood weights, shape (features,)."""
    features = np.concatenate([example.features for example in given])
    scale = features.std(axis=0) + 1e-3
    features = features / scale
    counts = np.array([len(example.features) for example in given])
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    whose = np.repeat(np.arange(len(given)), counts)
    targets = (
        (1.0, np.concatenate([example.right for example in given])),
        (_LEVEL_WEIGHT, np.concatenate([example.related for example in given])),
    )

    def cost(weights: Floats) -> tuple[float, Floats]:
        score = features @ weights
        likely = np.exp(score - np.maximum.reduceat(score, starts)[whose])
        likely /= np.add.reduceat(likely, starts)[whose]
        total, slope = 0.0, np.zeros(len(score))
        for weight, target in targets:
            share = np.add.reduceat(likely * target, starts)
            known = share > 0
            total -= weight * float(np.log(share[known]).sum())
            wanted = likely * target / np.where(known, share, 1)[whose]
            slope += weight * (likely - wanted) * known[whose]
        penalty = _RIDGE * len(given)
        return total + penalty * float(weights @ weights), features.T @ slope + 2 * penalty * weights

    found: Floats = minimize(cost, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B").x
    return np.asarray(found / scale)


def accuracy(given: Sequence[Example], weights: Floats) -> tuple[float, float]:
    """Return accuracy 1 and accuracy 2."""
    best = [int(np.argmax(example.features @ weights)) for example in given]
    right = [(example.right[each], example.related[each]) for example, each in zip(given, best, strict=True)]
    first, second = np.mean(right, axis=0)
    return float(first), float(second)


def _fold(example: Example) -> int:
    return zlib.crc32(f"fold {example.clip.piece}".encode()) % _FOLDS


def _shown(name: str, weights: Floats) -> str:
    rows = ["(" + ", ".join(f"{weight:.2f}" for weight in row) + ")" for row in np.atleast_2d(weights)]
    return f"{name}: Final = np.array(({', '.join(rows)}))"


def main() -> None:
    """Print cross-validated accuracies and the weights trained on all clips."""
    parser = argparse.ArgumentParser(prog="python -m bench.tempo_fit", description=__doc__)
    parser.add_argument(
        "--clips", type=Path, default=Path("tempo-set"), help="folder of the tempo set (default %(default)s)"
    )
    clips = [clip for clip in build(parser.parse_args().clips) if is_tuned(clip) and clip.bpm is not None]
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        given = [example for some in processes.map(examples, clips, chunksize=8) for example in some]
    for fold in range(_FOLDS):
        learnt = fit([example for example in given if _fold(example) != fold])
        left_out = [example for example in given if _fold(example) == fold]
        print(f"Left out {fold}: {len(left_out)} examples,", "{:.3f} and {:.3f}".format(*accuracy(left_out, learnt)))
    weights = fit(given)
    print(f"All: {len(given)} examples,", "{:.3f} and {:.3f}".format(*accuracy(given, weights)))
    bands, lags, harmonics = 5, len(tempo_salience.MULTIPLES), len(tempo_salience.HARMONICS)
    by_lag, by_frequency, busy, pace = np.split(weights, np.cumsum((bands * lags, bands * harmonics, bands)))
    print(_shown("LAG_WEIGHTS", by_lag.reshape(bands, lags)))
    print(_shown("HARMONIC_WEIGHTS", by_frequency.reshape(bands, harmonics)))
    print(_shown("ONSET_RATE_WEIGHTS", busy))
    print(_shown("TEMPO_WEIGHTS", pace))


if __name__ == "__main__":
    main()
