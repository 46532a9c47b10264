"""Every number that somebody else computes too, on the same files."""

import os
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
from numpy.typing import NDArray

from auralis_fp.analysis.longterm import BANDS, EDGES_HZ
from auralis_fp.analysis.worker import fingerprint_file
from auralis_fp.errors import FileError

from .music import Track, load, table

Pair = tuple[str, float, float]


def report(files: Sequence[Path]) -> str:
    """Return a table of differences between our values and those of others."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for path in files:
        try:
            ours = fingerprint_file(os.fsencode(path)).fingerprint
        except FileError:
            continue
        track = load(path)
        if track is not None and len(track.samples) > track.rate:
            for name, mine, theirs in _opinions(track, ours):
                pairs[name].append((mine, theirs))
    rows = []
    for name, values in pairs.items():
        mine, theirs = np.array(values).T
        error = np.abs(mine - theirs)
        ranks = (
            np.corrcoef(np.argsort(np.argsort(mine)), np.argsort(np.argsort(theirs)))[0, 1] if len(mine) > 2 else 1.0
        )
        rows.append((name, len(mine), float(np.median(error)), float(error.max()), float(ranks)))
    return "## Accuracy\n\n" + table(("against", "files", "median difference", "largest", "rank correlation"), rows)


def _opinions(track: Track, ours: dict[str, float]) -> Iterator[Pair]:
    """Yield (what, our value, the other's) for one track."""
    samples = track.samples.astype(np.float64)
    for name, expected in zip(BANDS, _bands(samples, track.rate), strict=True):
        yield f"`{name}`, percent: one transform of the whole file", ours[name], expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clipping, which is the track's own
        expected = pyloudnorm.Meter(track.rate).integrated_loudness(samples)
    if np.isfinite(expected) and expected > -70:
        yield "`lufs`: pyloudnorm", ours["lufs"], float(expected)
    power = _power(samples, track.rate)
    if power.sum() > 0:
        harmonic, _ = librosa.decompose.hpss(power, kernel_size=(15, 31), power=2.0)
        yield "`harmonic_ratio`: librosa", ours["harmonic_ratio"], float(harmonic.sum() / power.sum())
    mono = samples.mean(axis=1)
    if np.abs(mono).max() > 0:
        envelope = librosa.onset.onset_strength(y=mono.astype(np.float32), sr=track.rate)
        onsets = librosa.onset.onset_detect(onset_envelope=envelope, sr=track.rate)
        density = min(1.0, len(onsets) / (len(mono) / track.rate) / 10)
        yield "`transient_density`: librosa", ours["transient_density"], density
        tempo = float(np.atleast_1d(librosa.feature.tempo(onset_envelope=envelope, sr=track.rate))[0])
        octaves = abs(np.log2(ours["tempo_bpm"] / tempo))
        yield "`tempo_bpm`, octaves apart: librosa", float(octaves), 0.0


def _bands(samples: NDArray[np.float64], rate: int) -> list[float]:
    power = np.sum(np.abs(np.fft.rfft(samples, axis=0)) ** 2, axis=1)
    edges = np.searchsorted(np.fft.rfftfreq(len(samples), 1 / rate), EDGES_HZ)
    energies = [float(power[low:high].sum()) for low, high in pairwise(edges)]
    return [100 * energy / max(sum(energies), 1e-300) for energy in energies]


def _power(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Return the power spectrogram of our own grid, summed over channels, 20 Hz - 20 kHz."""
    length = 2 * round(1024 * rate / 44_100)
    channels = (librosa.stft(column, n_fft=length, hop_length=length // 2, window="hann") for column in samples.T)
    power = np.sum([np.abs(channel) ** 2 for channel in channels], axis=0)
    frequencies = librosa.fft_frequencies(sr=rate, n_fft=length)
    inside: NDArray[np.float64] = power[(frequencies >= 20) & (frequencies <= 20_000)]
    return inside
