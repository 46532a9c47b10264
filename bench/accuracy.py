"""Every number that somebody else computes too, on the same files."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import librosa
import numpy as np
import pyebur128
from numpy.typing import NDArray

from auralis_fp.analysis.longterm import BANDS, EDGES_HZ
from auralis_fp.analysis.spectra import Grid
from auralis_fp.analysis.spectral import SILENCE_POWER
from auralis_fp.analysis.worker import fingerprint_file
from auralis_fp.errors import FileError

from .music import Track, load, table

Pair = tuple[str, float, float]

_LONGEST_SEC: Final = 100.0  # for librosa's separation, which takes its time


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
        error = np.abs(100 * (mine / theirs - 1)) if "percent off" in name else np.abs(mine - theirs)
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
    loudness = _loudness(track)
    if np.isfinite(loudness) and loudness > -70:
        yield "`lufs`: libebur128", ours["lufs"], loudness
    centred = samples - samples.mean(axis=0)
    if not centred.any():
        return
    yield "`crest_db`: numpy", ours["crest_db"], 20 * np.log10(np.abs(centred).max() / np.sqrt(np.mean(centred**2)))
    if centred.shape[1] == 2:
        left, right = centred.T
        width = 0.5 * (1 - 2 * float(left @ right) / float(left @ left + right @ right))
        yield "`stereo_width`: numpy", ours["stereo_width"], width
    yield from _spectral(centred, track.rate, ours)
    yield from _temporal(centred.mean(axis=1).astype(np.float32), track.rate, ours)


def _spectral(samples: NDArray[np.float64], rate: int, ours: dict[str, float]) -> Iterator[Pair]:
    power, frequencies = _power(samples, rate)
    if len(samples) < _LONGEST_SEC * rate:
        harmonic, _ = librosa.decompose.hpss(power, kernel_size=(15, 31), power=2.0)
        yield "`harmonic_ratio`: librosa", ours["harmonic_ratio"], float(harmonic.sum() / power.sum())
    loud = power[:, power.sum(axis=0) >= SILENCE_POWER * samples.shape[1]]
    if not loud.size:
        return
    centroid = librosa.feature.spectral_centroid(S=np.sqrt(loud), freq=frequencies)
    rolloff = librosa.feature.spectral_rolloff(S=loud, freq=frequencies, roll_percent=0.85)
    for name, values in (("spectral_centroid", centroid), ("spectral_rolloff", rolloff)):
        yield f"`{name}`, percent off: librosa", ours[name], float(np.median(values))


def _temporal(mono: NDArray[np.float32], rate: int, ours: dict[str, float]) -> Iterator[Pair]:
    if not mono.any():
        return
    envelope = librosa.onset.onset_strength(y=mono, sr=rate)
    onsets = librosa.onset.onset_detect(onset_envelope=envelope, sr=rate)
    density = min(1.0, len(onsets) / (len(mono) / rate) / 10)
    yield "`transient_density`: librosa", ours["transient_density"], density


def _loudness(track: Track) -> float:
    """Return the integrated loudness after libebur128."""
    state = pyebur128.R128State(track.samples.shape[1], track.rate, pyebur128.MeasurementMode.MODE_I)
    state.add_frames(np.ascontiguousarray(track.samples, dtype=np.float64).ravel(), len(track.samples))
    return float(pyebur128.get_loudness_global(state))


def _bands(samples: NDArray[np.float64], rate: int) -> list[float]:
    power = np.sum(np.abs(np.fft.rfft(samples, axis=0)) ** 2, axis=1)
    edges = np.searchsorted(np.fft.rfftfreq(len(samples), 1 / rate), EDGES_HZ)
    energies = [float(power[low:high].sum()) for low, high in pairwise(edges)]
    return [100 * energy / max(sum(energies), 1e-300) for energy in energies]


def _power(samples: NDArray[np.float64], rate: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the power spectrogram of our own grid, summed over channels, 20 Hz - 20 kHz, and its frequencies."""
    grid = Grid.at(rate)
    length = grid.frame_length
    channels = (librosa.stft(column, n_fft=length, hop_length=grid.hop, window="hann") for column in samples.T)
    scale = 2 / (
        length * float((np.hanning(length + 1) ** 2).sum())
    )  # so that a frame's bins sum up to its mean square
    power = scale * np.sum([np.abs(channel) ** 2 for channel in channels], axis=0)
    frequencies = librosa.fft_frequencies(sr=rate, n_fft=length)
    inside = (frequencies >= 20) & (frequencies <= 20_000)
    return power[inside], frequencies[inside]
