"""Band powers of single notes and drum sounds, from which whole clips are mixed."""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from auralis_fp.analysis.rhythm.band_levels import BandLevels
from auralis_fp.analysis.spectrum.grid import STFTGrid
from auralis_fp.analysis.types import FloatArray

from ..tempo_training import drum_machine

LOWEST_PITCH: Final = 28
PITCH_STEP: Final = 4
PITCHES: Final = range(LOWEST_PITCH, 101, PITCH_STEP)
DRUMS: Final = range(35, 82)
KITS: Final = (0, 8, 16, 24, 25, 32, 40)
FRAMES: Final = 100  # of a template, half a hop apart
RATE: Final = 44_100
GRID: Final = STFTGrid.for_rate(RATE)
HOP: Final = GRID.hop_length // 2


class Font(NamedTuple):
    """Templates of a sound font, relative to their highest power, and these powers.

    Parameters
    ----------
    notes : ndarray, shape (128, pitches, 100, 32), float32
    note_power : ndarray, shape (128, pitches), float32
    drums : ndarray, shape (kits, 47, 100, 32), float32
    drum_power : ndarray, shape (kits, 47), float32
    """

    notes: FloatArray
    note_power: FloatArray
    drums: FloatArray
    drum_power: FloatArray


def samples() -> dict[str, dict[str, FloatArray]]:
    """Return the templates of the drum samples of LMMS by kind and name."""
    return {kind: {path.stem: _sample(path) for path in drum_machine.sample_paths(kind)} for kind in drum_machine.KINDS}


def _sample(path: Path) -> FloatArray:
    sound = drum_machine.load_sample(path).mean(axis=1)
    template, _ = relative(powers(np.pad(sound, (GRID.hop_length, 2 * RATE))))
    return template


def powers(sound: FloatArray) -> FloatArray:
    """Return the band powers of 100 frames half a hop apart, shape (100, 32)."""
    frames = np.lib.stride_tricks.sliding_window_view(sound, GRID.frame_length)[::HOP][:FRAMES]
    spectra = np.fft.rfft(frames * np.hanning(GRID.frame_length + 1)[:-1], axis=1)
    return BandLevels(GRID).powers(np.square(np.abs(spectra)).astype(np.float32))


def relative(found: FloatArray) -> tuple[FloatArray, float]:
    """Return powers relative to the highest of them, and the highest."""
    highest = float(found.max()) + 1e-20
    return found / np.float32(highest), highest
