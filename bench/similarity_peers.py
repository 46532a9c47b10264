"""Distances of other implementations: a Gaussian of MFCCs, and bliss-audio."""

import itertools
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from .music import load

Matrix = NDArray[np.float64]


def gaussians(paths: Sequence[Path]) -> Matrix:
    """Return the symmetric Kullback-Leibler divergence of Gaussians of 20 MFCCs (Mandel & Ellis 2005).

    Parameters
    ----------
    paths : sequence of Path
        Of each file, two minutes are used.
    """
    models = []
    for path in paths:
        samples, rate = librosa.load(path, sr=22_050, mono=True, duration=120.0)
        mfcc = librosa.feature.mfcc(y=samples, sr=rate, n_mfcc=20)
        covariance = np.cov(mfcc) + 1e-3 * np.eye(20)
        models.append((mfcc.mean(axis=1), covariance, np.linalg.inv(covariance)))
    result = np.zeros((len(models), len(models)))
    for i, j in itertools.combinations(range(len(models)), 2):
        (one, cov_one, inv_one), (two, cov_two, inv_two) = models[i], models[j]
        gap = one - two
        trace = np.trace(cov_one @ inv_two) + np.trace(cov_two @ inv_one)
        result[i, j] = result[j, i] = trace + gap @ (inv_one + inv_two) @ gap
    return result


def bliss(paths: Sequence[Path]) -> Matrix | None:
    """Return the Euclidean distances of bliss-audio's 23 numbers; None if it is not installed.

    Parameters
    ----------
    paths : sequence of Path
    """
    try:
        song = import_module("bliss_audio").Song
    except ImportError:
        return None
    vectors = np.array([_bliss_vector(song, path) for path in paths], dtype=np.float64)
    return np.asarray(np.sqrt(((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)))


def _bliss_vector(song: type, path: Path) -> list[float]:
    """Return the analysis of a file; one that its FFmpeg cannot open is decoded here first."""
    try:
        return [float(value) for value in song(str(path)).analysis]
    except BaseException as error:  # Rust panics do not derive from Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
    track = load(path)
    if track is None:
        raise ValueError(f"{path} cannot be decoded")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        soundfile.write(file.name, track.samples.mean(axis=1), track.rate, format="WAV", subtype="PCM_16")
        return [float(value) for value in song(file.name).analysis]
