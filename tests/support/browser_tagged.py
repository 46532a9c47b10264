"""Short tagged tracks that differ in sound, for the browser tests."""

from pathlib import Path
from typing import Final

import mutagen.flac
import numpy as np
import soundfile

from auralis_fp.tags.model import Tags
from tagged_files import picture, write_vorbis

RATE: Final = 22_050


def write_track(path: Path, number: int, seconds: int = 5) -> None:
    """Write pulsing tones with tags and, for every other track, a cover."""
    time = np.arange(seconds * RATE) / RATE
    melody = 1 + (np.floor(3 * time) * (7 + number) % 12) / 12
    tones = sum(np.sin(2 * np.pi * hertz * (1 + number / 9) * melody * time) for hertz in (220, 331, 467))
    noise = np.random.default_rng(number).normal(0, 0.02 * (1 + number % 5), len(time))
    sound = 0.1 * tones * (0.4 + 0.6 * (np.sin(2 * np.pi * (1 + number / 6) * time) > 0)) + noise
    soundfile.write(path, np.clip(sound, -1, 1), RATE)
    tags = Tags(
        title=f"Song {number:02d}",
        artist=("Ann", "Björk")[number % 2],
        album="One",
        genre=("Jazz", "Rock")[number % 2],
        year=1990 + number,
    )
    write_vorbis(path, tags, mutagen.flac.FLAC, picture(300, 300) if number % 2 else None)
