"""How well similar tracks are found, beside other distances, on music packages of Debian; copies and duplicates."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import scipy.signal
import scipy.stats
import soundfile
from numpy.typing import NDArray

from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.models import Analysed
from auralis_fp.schema.parts import SUB_FINGERPRINTS, TIMBRE
from auralis_fp.similarity.index.alignment import SAME, Alignment, Recording, align
from auralis_fp.similarity.index.generation import freeze, neighbourhoods
from auralis_fp.similarity.index.path import matrix
from auralis_fp.similarity.index.ranking import log_proximity
from auralis_fp.similarity.index.transforms import NAMES
from auralis_fp.store.vector_reader import undefined_mask

from .music import Track, load, table
from .options import Options
from .similarity_peers import bliss, gaussians
from .similarity_playlists import report as playlists
from .similarity_sets import ARTISTS, OTHERS, PACKAGES, SHORTEST_SEC, Song, songs

LONGEST_SEC: Final = 150.0  # of a copy
EACH: Final = 4  # one of so many tracks is altered
_BLOCK: Final = 65_536  # samples
HEAD: Final = ("distance", "mAP", "P@5", "N10 skew", "in no list of 10, %")

Matrix = NDArray[np.float64]


def report(options: Options) -> str:
    """Return tables of the retrieval of albums, of playlists, of altered copies, and of duplicates."""
    first = list(songs(PACKAGES, options.packages_root))
    others = [] if options.quick else list(songs(OTHERS, options.packages_root))
    if not first:
        return "### Similar tracks\n\nNone of the packages is installed.\n"
    text = _retrieval("six packages", first, options)
    if others:
        text += _retrieval("other packages", others, options)
        text += "### Radios of all tracks\n\n" + playlists([*first, *others], options.seed)
    return text + _copies(first, options) + (_strangers([*first, *others]))


def _retrieval(title: str, tracks: Sequence[Song], options: Options) -> str:
    """Return how well each distance puts tracks of the same album, or of other albums by the same artist, first."""
    paths, results = [song.path for song in tracks], [song.result for song in tracks]
    ours, near = _ours(results)
    _, extended = _ours(results, extended=True)
    distances: dict[str, Matrix] = {
        "random": np.random.default_rng(options.seed).random((len(tracks), len(tracks))),
        "z-scores, Euclid": _euclid(tracks),
        "logs, CLR, z-scores, L1": ours,
        "the same, mutual proximity": near,
        "the same with the extended vector": extended,
    }
    if not options.quick:
        distances["MFCC Gaussian, symmetric KL"] = gaussians(paths)
        if (found := bliss(paths)) is not None:
            distances["bliss-audio, Euclid"] = found
    albums = np.array([song.album for song in tracks])
    rows = [(name, *_scores(one, albums)) for name, one in distances.items()]
    text = f"### The same album first: {title} ({len(tracks)} tracks, {len(set(albums))} albums)\n\n"
    return text + table(HEAD, rows) + "\n" + _other_albums(distances, albums)


def _other_albums(distances: Mapping[str, Matrix], albums: NDArray[np.str_]) -> str:
    """Return how well tracks of other albums by the same artist come first, the own album left out."""
    artists = np.array([ARTISTS.get(album, album) for album in albums])
    relevant = (artists[:, None] == artists[None]) & (albums[:, None] != albums[None])
    seeds = np.flatnonzero(relevant.any(axis=1))
    if not len(seeds):
        return ""
    rows = []
    for name, distance in distances.items():
        averages, fives = [], []
        for i in seeds:
            order = np.argsort(distance[i], kind="stable")
            hits = relevant[i][order[albums[order] != albums[i]]]
            precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
            averages.append(float(precision[hits].mean()))
            fives.append(float(hits[:5].mean()))
        rows.append((name, float(np.mean(averages)), float(np.mean(fives))))
    head = ("distance", "mAP", "P@5")
    return f"### Other albums of the same artist first ({len(seeds)} seeds)\n\n" + table(head, rows) + "\n"


def _ours(results: Sequence[Analysed], *, extended: bool = False) -> tuple[Matrix, Matrix]:
    """Return our distances, and the negative mutual proximity."""
    ids = np.arange(len(results), dtype=np.int64)
    raw = np.array([[one.fingerprint[name] for name in NAMES] for one in results], dtype=np.float32).T
    names = [str(list(one.metadata.undefined)).replace("'", '"') for one in results]
    undefined = np.array([undefined_mask(one) for one in names], dtype=np.uint64)
    if extended:
        data = [
            dict(zip((part.name for part in one.parts), one.parts, strict=True))[TIMBRE.name].data for one in results
        ]
        raw = np.concatenate([raw, np.array([np.frombuffer(one, "<f4")[1:] for one in data]).T])
    generation = freeze(1, ids, raw, undefined)
    terms = generation.standardise(raw, undefined)
    mean, std = neighbourhoods(generation.sample, generation.sample_ids, ids, terms)
    distances = matrix(terms)
    rows = [-log_proximity(distances[i].astype(np.float32), (mean[i], std[i]), mean, std) for i in ids]
    return distances, np.array(rows)


def _euclid(tracks: Sequence[Song]) -> Matrix:
    raw = np.array([[song.result.fingerprint[name] for name in NAMES] for song in tracks])
    scores = (raw - raw.mean(axis=0)) / np.maximum(raw.std(axis=0), 1e-9)
    return np.asarray(np.sqrt(((scores[:, None] - scores[None]) ** 2).sum(axis=2)))


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


def _copies(tracks: Sequence[Song], options: Options) -> str:
    """Return how often an altered copy finds its original first, and how the bits agree."""
    altered = list(_altered(tracks[:: 4 * EACH if options.quick else EACH], options))
    originals = [song.result for song in tracks]
    bits = [_bits(song.result) for song in tracks]
    rows = []
    for name in ALTERATIONS:
        copies = [(index, result) for index, kind, result in altered if kind == name]
        if not copies:
            continue
        first = sum(_finds(originals, index, result) for index, result in copies)
        found = [align(bits[index], _bits(result)) for index, result in copies]
        aligned = [one for one in found if one is not None]
        same = sum(one.same for one in aligned)
        least = min((one.agreement for one in aligned), default=0.0)
        wrong = sum(
            other is not None and other.same
            for index, result in copies
            for other in (align(one, _bits(result)) for i, one in enumerate(bits) if i != index)
        )
        rows.append((name, len(copies), first, same, least, wrong))
    head = ("alteration", "copies", "original first", "recognised by bits", "least agreement of bits", "wrong merges")
    return "### Altered copies\n\n" + table(head, rows) + "\n"


def _bits(result: Analysed) -> Recording:
    return Recording.of(next(part.data for part in result.parts if part.name == SUB_FINGERPRINTS.name))


def _altered(tracks: Sequence[Song], options: Options) -> Iterator[tuple[int, str, Analysed]]:
    every = 4 * EACH if options.quick else EACH
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        for place, song in enumerate(tracks):
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


def _strangers(tracks: Sequence[Song]) -> str:
    """Return how different tracks agree, all pairs of them, and how many of 100,000 tracks would be merged wrongly."""
    bits = [_bits(song.result) for song in tracks]
    found = [align(one, other) for one, other in itertools.combinations(bits, 2)]
    compared: list[Alignment] = [one for one in found if one is not None]
    agreement = np.array([one.agreement for one in compared])
    wrong = sum(one.same for one in compared)
    margin = (SAME - agreement.mean()) / agreement.std()
    chance = float(scipy.stats.norm.logsf(margin)) / np.log(10) + np.log10(100_000 * 99_999 / 2)
    head = (
        "pairs of different tracks", "taken for copies", "mean agreement", "standard deviation", "greatest",
        "threshold, standard deviations", "log10 of wrong merges among 100,000 tracks",
    )  # fmt: skip
    values = (agreement.mean(), agreement.std(), agreement.max(), margin, chance)
    return "### Different tracks\n\n" + table(head, [(len(compared), wrong, *map(float, values))])
