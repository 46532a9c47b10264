"""How well similar tracks are found, beside other distances, on music packages of Debian; copies and duplicates."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import librosa
import numpy as np
import scipy.signal
import soundfile
from numpy.typing import NDArray

from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.errors import FileError
from auralis_fp.models import Analysed
from auralis_fp.similarity.index.alignment import Alignment, Recording, align
from auralis_fp.similarity.index.generation import freeze, neighbourhoods
from auralis_fp.similarity.index.path import matrix
from auralis_fp.similarity.index.ranking import log_proximity
from auralis_fp.similarity.index.transforms import NAMES
from auralis_fp.store.vector_reader import undefined_mask

from .music import Track, load, table
from .options import Options

PACKAGES: Final[Mapping[str, str]] = {
    "hyperrogue-music": "/usr/share/hyperrogue/music",
    "drascula-music": "/usr/share/scummvm/drascula/audio",
    "asc-music": "/usr/share/games/asc/music",
    "extremetuxracer-data": "/usr/share/games/etr/music",
    "frozen-bubble-data": "/usr/share/games/frozen-bubble/snd",
    "hedgewars-data": "/usr/share/games/hedgewars/Data/Music",
}
SHORTEST_SEC: Final = 20.0
LONGEST_SEC: Final = 150.0  # of a copy
EACH: Final = 4  # one of so many tracks is altered
_BLOCK: Final = 65_536  # samples
HEAD: Final = ("distance", "mAP", "P@5", "N10 skew", "in no list of 10, %")

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Song:
    """An analysed file and its package."""

    path: Path
    package: str
    result: Analysed


def report(options: Options) -> str:
    """Return tables of the retrieval of packages, of altered copies, and of duplicates."""
    songs = list(_songs())
    if not songs:
        return "### Similar tracks\n\nNone of the packages is installed.\n"
    labels = np.array([song.package for song in songs])
    ours, near = _ours([song.result for song in songs])
    distances: dict[str, Matrix] = {
        "random": np.random.default_rng(options.seed).random((len(songs), len(songs))),
        "z-scores, Euclid": _euclid(songs),
        "logs, CLR, z-scores, L1": ours,
        "the same, mutual proximity": near,
    }
    if not options.quick:
        distances["MFCC Gaussian, symmetric KL"] = _gaussians([song.path for song in songs])
    rows = [(name, *_scores(one, labels)) for name, one in distances.items()]
    return (
        f"### Tracks of the same package first ({len(songs)} tracks, {len(set(labels))} packages)\n\n"
        + table(HEAD, rows)
        + "\n"
        + _copies(songs, options)
    )


def _songs() -> Iterator[Song]:
    for package, folder in PACKAGES.items():
        for path in sorted(Path(folder).glob("*")):
            try:
                result = fingerprint_file(os.fsencode(path))
            except FileError:
                continue
            if result.metadata.duration_sec >= SHORTEST_SEC:
                yield Song(path, package, result)


def _ours(results: Sequence[Analysed]) -> tuple[Matrix, Matrix]:
    """Return our distances, and the negative mutual proximity."""
    ids = np.arange(len(results), dtype=np.int64)
    raw = np.array([[one.fingerprint[name] for name in NAMES] for one in results], dtype=np.float32).T
    names = [str(list(one.metadata.undefined)).replace("'", '"') for one in results]
    undefined = np.array([undefined_mask(one) for one in names], dtype=np.uint64)
    generation = freeze(1, ids, raw, undefined)
    terms = generation.standardise(raw, undefined)
    mean, std = neighbourhoods(generation, ids, terms)
    distances = matrix(terms)
    rows = [-log_proximity(distances[i].astype(np.float32), (mean[i], std[i]), mean, std) for i in ids]
    return distances, np.array(rows)


def _euclid(songs: Sequence[Song]) -> Matrix:
    raw = np.array([[song.result.fingerprint[name] for name in NAMES] for song in songs])
    scores = (raw - raw.mean(axis=0)) / np.maximum(raw.std(axis=0), 1e-9)
    return np.asarray(np.sqrt(((scores[:, None] - scores[None]) ** 2).sum(axis=2)))


def _gaussians(paths: Sequence[Path]) -> Matrix:
    """Return the symmetric Kullback-Leibler divergence of Gaussians of 20 MFCCs (Mandel & Ellis 2005)."""
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


def _scores(distances: Matrix, labels: NDArray[np.str_]) -> tuple[float, float, float, float]:
    """Return mAP, precision at 5, skewness of the 10-occurrence, and the percentage of anti-hubs."""
    count = len(labels)
    occurrences, averages, fives = np.zeros(count), [], []
    for i in range(count):
        order = np.argsort(distances[i], kind="stable")
        order = order[order != i]
        occurrences[order[:10]] += 1
        relevant = labels[order] == labels[i]
        if relevant.any():
            precision = np.cumsum(relevant) / np.arange(1, count)
            averages.append(float(precision[relevant].mean()))
            fives.append(float(relevant[:5].mean()))
    spread = occurrences - occurrences.mean()
    skew = float((spread**3).mean() / max(occurrences.std() ** 3, 1e-9))
    return float(np.mean(averages)), float(np.mean(fives)), skew, float(100 * (occurrences == 0).mean())


def _gain(track: Track) -> Track:
    return track._replace(samples=0.5 * track.samples)


def _mono(track: Track) -> Track:
    return track._replace(samples=track.samples.mean(axis=1, keepdims=True))


def _resampled(track: Track) -> Track:
    samples = scipy.signal.resample_poly(track.samples, 1, 2, axis=0).astype(np.float32)
    return track._replace(samples=samples, rate=track.rate // 2)


def _trimmed(seconds: float) -> Callable[[Track], Track]:
    return lambda track: track._replace(samples=track.samples[round(seconds * track.rate) :])


ALTERATIONS: Final[Mapping[str, tuple[Callable[[Track], Track], str, str]]] = {
    "-6 dB": (_gain, "WAV", "FLOAT"),
    "mono": (_mono, "WAV", "FLOAT"),
    "half the sample rate": (_resampled, "WAV", "FLOAT"),
    "MP3": (lambda track: track, "MP3", "MPEG_LAYER_III"),
    "Ogg Vorbis": (lambda track: track, "OGG", "VORBIS"),
    "without the first 0.37 s": (_trimmed(0.37), "WAV", "FLOAT"),
    "without the first 5.11 s": (_trimmed(5.11), "WAV", "FLOAT"),
    "without the first 29.9 s": (_trimmed(29.9), "WAV", "FLOAT"),
}


def _copies(songs: Sequence[Song], options: Options) -> str:
    """Return how often an altered copy finds its original first, and how the bits agree."""
    altered = list(_altered(songs[:: 4 * EACH if options.quick else EACH], options))
    originals = [song.result for song in songs]
    bits = [Recording.of(song.result.parts[0].data) for song in songs]
    rows = []
    for name in ALTERATIONS:
        copies = [(index, result) for index, kind, result in altered if kind == name]
        if not copies:
            continue
        first = sum(_finds(originals, index, result) for index, result in copies)
        found = [align(bits[index], Recording.of(result.parts[0].data)) for index, result in copies]
        aligned = [one for one in found if one is not None]
        same = sum(one.same for one in aligned)
        least = min((one.agreement for one in aligned), default=0.0)
        rows.append((name, len(copies), first, same, least))
    head = ("alteration", "copies", "original first", "recognised by bits", "least agreement of bits")
    return "### Altered copies\n\n" + table(head, rows) + "\n" + _strangers(bits)


def _altered(songs: Sequence[Song], options: Options) -> Iterator[tuple[int, str, Analysed]]:
    every = 4 * EACH if options.quick else EACH
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        for place, song in enumerate(songs):
            track = load(song.path)
            if track is None:
                continue
            track = track._replace(samples=track.samples[: round(LONGEST_SEC * track.rate)])
            for name, (change, kind, subtype) in ALTERATIONS.items():
                changed = change(track)
                if len(changed.samples) < SHORTEST_SEC * changed.rate:
                    continue
                path = Path(folder, "copy")
                channels = changed.samples.shape[1]
                with soundfile.SoundFile(path, "w", changed.rate, channels, subtype, format=kind) as file:
                    for start in range(0, len(changed.samples), _BLOCK):  # libvorbis overflows its stack on long ones
                        file.write(np.clip(changed.samples[start : start + _BLOCK], -1, 1))
                yield every * place, name, fingerprint_file(os.fsencode(path))


def _finds(originals: Sequence[Analysed], index: int, copy: Analysed) -> bool:
    """Return True if the original is the first neighbour of its copy."""
    _, near = _ours([*originals, copy])
    return int(np.argmin(near[-1, :-1])) == index


def _strangers(bits: Sequence[Recording]) -> str:
    """Return how different tracks agree, all pairs of them."""
    found = [align(one, other) for one, other in itertools.combinations(bits, 2)]
    compared: list[Alignment] = [one for one in found if one is not None]
    agreement = np.array([one.agreement for one in compared])
    wrong = sum(one.same for one in compared)
    rows = [(len(compared), wrong, *(float(value) for value in (agreement.mean(), agreement.std(), agreement.max())))]
    head = ("pairs of different tracks", "taken for copies", "mean agreement", "standard deviation", "greatest")
    return "### Different tracks\n\n" + table(head, rows)
