"""The tempo set: MIDI songs, scores and drum loops with known tempo at several speeds."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from . import tempo_scores, tempo_songs
from .tempo_render import PATTERNS, SECONDS, Clip, Note, drums, render, write

LOOP_TEMPI: Final = (50, 60, 72, 86, 100, 120, 140, 165, 200)


def build(folder: Path) -> list[Clip]:
    """Return the clips, rendering missing ones into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = [*tempo_songs.clips(folder), *tempo_scores.clips(folder), *_loops(folder), _drone(folder)]
    render(clips)
    return clips


def is_tuned(clip: Clip) -> bool:
    """Return True if the piece belongs to the training half."""
    return zlib.crc32(clip.piece.encode()) % 2 == 0


def _loops(folder: Path) -> Iterator[Clip]:
    """Yield drum loops from 50 to 200 BPM; each pattern and tempo is a piece of its own."""
    for name, pattern in PATTERNS.items():
        for bpm in LOOP_TEMPI:
            path = folder / f"loop-{name}-{bpm}.mid"
            if not path.exists():
                write(drums(pattern, bpm * SECONDS / 60), (), bpm, path)
            yield Clip(f"{name} {bpm}", "loop", bpm, path.with_suffix(".wav"))


def _drone(folder: Path) -> Clip:
    """Return a clip without tempo: organ chords of random duration."""
    path = folder / "drone.mid"
    if not path.exists():
        random = np.random.default_rng(1)
        begins = np.cumsum(random.uniform(0.8, 4.0, 12))
        notes = [Note(at, 6.0, 0, pitch + int(random.integers(0, 3)), 60) for at in begins for pitch in (36, 43, 52)]
        write(notes, (89,), 60, path)
    return Clip("drone", "drone", None, path.with_suffix(".wav"))
