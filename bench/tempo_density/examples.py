"""Mix the examples of all sources, and keep them in files."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from auralis_fp.analysis.rhythm.tempo_network import network_input

from . import drum_clips, midi_clips, styles
from .batches import Examples
from .mix import Clip, Mix
from .rendering import sounds

COUNTS: Final = {"mma": 2000, "drums": 5000, "styles": 4000, "song": 2400, "tune": 800}
_MIDI: Final = ("mma", "song", "tune")
_AT_ONCE: Final = 50


def make(folder: Path, source: str, count: int, processes: int) -> Examples:
    """Return examples of a source, from a file in *folder* if they have been mixed before.

    Parameters
    ----------
    folder : Path
        Of templates, MIDI files and examples.
    source : str
    count : int
    processes : int
    """
    path = folder / "examples" / f"{source}-{count}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as stream:
            np.savez(stream, **_mixed(folder, source, count, processes)._asdict())
        part.replace(path)
    with np.load(path) as stored:
        return Examples(*(stored[field] for field in Examples._fields))


def _mixed(folder: Path, source: str, count: int, processes: int) -> Examples:
    sounds(folder / "templates")  # forked processes inherit them
    if source in _MIDI:
        print(f"{source}: {len(midi_clips.pieces(folder / 'midi', source))} pieces", flush=True)
    parts: list[Examples] = []
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        firsts = range(0, count, _AT_ONCE)
        for part in pool.map(partial(_some, folder, source, count), firsts):
            parts.append(part)
            if len(parts) % 10 == 0:
                print(f"{source}: {len(parts) * _AT_ONCE} of {count} examples", flush=True)
    return Examples(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _some(folder: Path, source: str, count: int, first: int) -> Examples:
    clips = [_clip(folder, source, seed) for seed in range(first, min(first + _AT_ONCE, count))]
    return Examples(
        np.stack([network_input(each.mix.levels()[None])[0].astype(np.float16) for each in clips]),
        np.array([each.bpm for each in clips], dtype=np.float32),
        np.stack([each.beat_activation() for each in clips]),
    )


def _clip(folder: Path, source: str, seed: int) -> Clip:
    random = np.random.default_rng((seed, *source.encode()))
    mix = Mix(sounds(folder / "templates"), random)
    if source == "drums":
        return drum_clips.clip(str(random.choice(drum_clips.GENRES)), mix)
    if source == "styles":
        return styles.clip(str(random.choice(list(styles.STYLES))), mix)
    pieces = midi_clips.pieces(folder / "midi", source)
    return midi_clips.clip(pieces[int(random.integers(len(pieces)))], mix)
