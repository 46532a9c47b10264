"""The training set: what is rendered, with which sound font and effects, and the onset curves of each clip."""

import json
import os
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from .. import tempo_songs
from ..tempo_render import notated_bpm
from . import accompaniments, drum_machine, patterns, tunes
from .arrange import arrange
from .curves import onset_strength
from .mastering import master

_FONTS: Final = (  # Debian: fluid-soundfont-gm, timgm6mb-soundfont, opl3-soundfont
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    Path("/usr/share/sounds/sf2/OPL-3_FM_128M.sf2"),
)
_RATE: Final = 44_100
_SECONDS: Final = 32
_SHORTEST_SEC: Final = 12
_NICE: Final = 15


Piece = tuple[str, str, float, Path | None]  # source, group, tempo in BPM, MIDI file


class Recipe(NamedTuple):
    """A clip to render: source, group that is held out together, tempo in BPM, MIDI file or None, and variant."""

    source: str
    group: str
    bpm: float
    midi: Path | None
    variant: int

    @property
    def name(self) -> str:
        """Name of the clip's file."""
        stem = self.midi.stem if self.midi else self.group.replace(" ", "-")
        return f"{self.source}-{stem}-{self.variant}"


def recipes(folder: Path, variants: dict[str, int]) -> list[Recipe]:
    """Return the clips of the training set, *variants* of each piece by source; MIDI files are written to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [piece for source in variants for piece in _PIECES[source](folder)]
    found = [
        Recipe(source, group, bpm, midi, variant)
        for source, group, bpm, midi in pieces
        for variant in range(variants[source])
    ]
    return sorted(found, key=lambda each: (each.variant, zlib.crc32(each.name.encode())))  # a part is a fair sample


def _drums(_: Path) -> Iterator[Piece]:
    yield from (("drums", name, 0.0, None) for name in patterns.NAMES)


def _further_drums(_: Path) -> Iterator[Piece]:
    yield from (("further drums", name, 0.0, None) for name in patterns.FURTHER)


def _accompaniments(folder: Path) -> Iterator[Piece]:
    for groove in accompaniments.grooves():
        written = accompaniments.write(groove, folder)
        if written:
            yield "mma", groove.style, written[1], written[0]


def _songs(folder: Path) -> Iterator[Piece]:
    for clip in tempo_songs.clips(folder):
        midi = clip.path.with_suffix(".mid")
        if midi.stem.endswith("-1.0"):
            yield "song", clip.piece, notated_bpm(midi), midi


def _tunes(folder: Path) -> Iterator[Piece]:
    yield from (("tune", group, bpm, midi) for group, bpm, midi in tunes.write_tunes(folder))


_PIECES: Final[Mapping[str, Callable[[Path], Iterator[Piece]]]] = {
    "drums": _drums,
    "further drums": _further_drums,
    "mma": _accompaniments,
    "song": _songs,
    "tune": _tunes,
}


def prepare(folder: Path, variants: dict[str, int], processes: int) -> list[Path]:
    """Render all clips that are missing; return the files of onset curves.

    Parameters
    ----------
    folder : Path
        Folder of the training set.
    variants : dict of str to int
        Variants of each piece by source.
    processes : int
        Clips that are rendered at the same time.
    """
    jobs = [(folder, recipe) for recipe in recipes(folder / "midi", variants)]
    (folder / "curves").mkdir(exist_ok=True)
    with ProcessPoolExecutor(processes, initializer=os.nice, initargs=(_NICE,)) as pool:
        paths = list(pool.map(_prepare, jobs, chunksize=4))
    return [path for path in paths if path is not None]


def _prepare(job: tuple[Path, Recipe]) -> Path | None:
    folder, recipe = job
    path = folder / "curves" / f"{recipe.name}.npz"
    if path.exists():
        return path
    random = np.random.default_rng(zlib.crc32(recipe.name.encode()))
    if recipe.midi is None:
        samples, bpm = drum_machine.play(recipe.group, recipe.variant)
    else:
        try:
            samples, bpm = _rendered(recipe, random)
        except subprocess.TimeoutExpired:  # some variants have notes that never end
            return None
    if len(samples) < _SHORTEST_SEC * _RATE:
        return None
    strength, novelty = onset_strength(np.ascontiguousarray(master(samples, random)), _RATE)
    curves = np.concatenate((strength.band_flux, novelty[:3])).astype(np.float16)
    about = json.dumps({"source": recipe.source, "group": recipe.group, "bpm": bpm, "rate": strength.rate})
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, curves=curves, about=about)
    unfinished.replace(path)
    return path


def _rendered(recipe: Recipe, random: np.random.Generator) -> tuple[NDArray[np.float32], float]:
    """Return the samples of a variant of a MIDI file, and its tempo in BPM."""
    with tempfile.TemporaryDirectory() as scratch:
        samples, speed = _played(recipe, Path(scratch), random)
    start = int(random.uniform(0, 1.5) * _RATE)
    return samples[start : start + _SECONDS * _RATE], recipe.bpm * speed


def _played(recipe: Recipe, scratch: Path, random: np.random.Generator) -> tuple[NDArray[np.float32], float]:
    """Return the samples of a variant of a MIDI file, and its relative speed."""
    assert recipe.midi is not None
    midi, wave = scratch / "variant.mid", scratch / "variant.wav"
    melody_bpm = recipe.bpm if recipe.source == "mma" else None
    speed = arrange(recipe.midi.read_bytes(), midi, random, melody_bpm=melody_bpm)
    font = _FONTS[int(random.integers(len(_FONTS)))]
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(_RATE), "-R", str(int(random.random() < 0.5))]
    subprocess.run(
        [*command, "-C", "0", "-T", "wav", "-F", str(wave), str(font), str(midi)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
    )  # fmt: skip
    samples, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    return np.asarray(samples), speed
