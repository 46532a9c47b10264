"""Synthetic music of any duration, rate and format."""

from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

LOOP_SEC: Final = 60
FORMATS: Final = {".wav": ("WAV", "PCM_16"), ".mp3": ("MP3", "MPEG_LAYER_III"), ".flac": ("FLAC", "PCM_16")}
_BLOCK: Final = 1 << 16


def music(seconds: float, rate: int, seed: int = 0) -> NDArray[np.float32]:
    """Return chords, a beat and noise in stereo, shape (samples, 2), float32."""
    rng = np.random.default_rng(seed)
    instants = np.arange(round(seconds * rate)) / rate
    roots = 110 * 2 ** (rng.integers(0, 12, 64) / 12)
    pitch = roots[(instants // 2).astype(int) % len(roots)]
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    chord = sum(np.sin(ratio * phase) / ratio for ratio in (1, 1.25, 1.5, 2, 3))
    beat = np.exp(-30 * (instants % 0.5)) * rng.standard_normal(len(instants))
    hiss = 0.01 * rng.standard_normal((len(instants), 2))
    mixed = 0.12 * np.stack([chord + beat, 0.8 * chord + beat], axis=1) + hiss
    return np.clip(mixed, -1, 1).astype(np.float32)


def write(path: Path, sound: NDArray[np.float32], rate: int, repeats: int = 1) -> Path:
    """Write *sound*, *repeats* times, in the format given by the suffix."""
    kind, subtype = FORMATS[path.suffix]
    with soundfile.SoundFile(path, "w", rate, sound.shape[1], subtype=subtype, format=kind) as file:
        for _ in range(repeats):
            for start in range(0, len(sound), _BLOCK):  # libsndfile encoders fail on very large blocks
                file.write(sound[start : start + _BLOCK])
    return path


def track(path: Path, seconds: int, rate: int = 44_100, seed: int = 0) -> Path:
    """Write *seconds* of music, repeated after a minute."""
    loop = min(seconds, LOOP_SEC)
    return write(path, music(loop, rate, seed), rate, max(1, seconds // loop))
