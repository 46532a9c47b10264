"""Mix a clip from templates of notes, and change it as rooms, players, mastering and codecs do."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from auralis_fp.analysis.rhythm.band_levels import BANDS, FRAMES, scaled_levels
from auralis_fp.analysis.types import FloatArray

from . import templates
from .templates import DRUMS, GRID, LOWEST_PITCH, PITCH_STEP, PITCHES

SECONDS: Final = FRAMES * GRID.hop_sec
_RATE: Final = 1 / GRID.hop_sec
_MARGIN: Final = 110  # frames behind the clip
_LONGEST_SEC: Final = 1.25  # of a note without a second template
_HELD: Final = slice(60, 100)  # frames of a template that are held
_SAMPLE_POWER: Final = 3e3
_LENGTH: Final = 50  # frames of a note


class Sounds(NamedTuple):
    """Sound fonts, and drum samples by kind and name."""

    fonts: tuple[templates.Font, ...]
    samples: dict[str, dict[str, FloatArray]]


class Mix:
    """Band powers of a clip of 12 s.

    Parameters
    ----------
    library : Sounds
    random : numpy.random.Generator
    """

    def __init__(self, library: Sounds, random: np.random.Generator) -> None:
        self.random, self.samples = random, library.samples
        self._font = library.fonts[int(random.integers(len(library.fonts)))]
        self._kit = int(random.choice([0, 0, 0, 1, 2, 3, 4, 5, 6]))
        self._release_sec = random.uniform(0.04, 0.25)
        self._power: FloatArray = np.zeros((FRAMES + _MARGIN, BANDS), dtype=np.float32)

    def note(self, program: int, pitch: float, velocity: float, sec: float, length_sec: float, gain: float) -> None:
        """Add a note of General MIDI; its power is proportional to the fourth power of the velocity.

        Parameters
        ----------
        program : int
        pitch, velocity : float
        sec, length_sec : float
        gain : float
            Of the power.
        """
        index = int(np.clip(round((pitch - LOWEST_PITCH) / PITCH_STEP), 0, len(PITCHES) - 1))
        template = self._font.notes[program, index]
        gain *= float(self._font.note_power[program, index]) * (velocity / 100) ** 4
        self._add(template, sec, gain, min(length_sec, 1.3))
        if length_sec > _LONGEST_SEC:
            held = template[_HELD].mean(axis=0) * np.exp(-np.arange(100, dtype=np.float32) / 80)[:, None]
            self._add(held, sec + 1.15, 0.7 * gain, min(length_sec - 1.15, 1.1))

    def drum(self, pitch: int, velocity: float, sec: float, gain: float) -> None:
        """Add a drum of General MIDI."""
        if pitch in DRUMS:
            index = pitch - DRUMS[0]
            gain *= float(self._font.drum_power[self._kit, index]) * (velocity / 100) ** 4
            self._add(self._font.drums[self._kit, index], sec, gain)

    def sample(self, kind: str, name: str, sec: float, gain: float) -> None:
        """Add a drum sample."""
        self._add(self.samples[kind][name], sec, _SAMPLE_POWER * gain)

    def _add(self, template: FloatArray, sec: float, gain: float, length_sec: float | None = None) -> None:
        halves = round(2 * sec * _RATE)
        first = -(-halves // 2)
        if not -80 <= first < FRAMES + 60:
            return
        part = template[halves % 2 :: 2][:_LENGTH]
        if length_sec is not None:
            until = int(length_sec * _RATE) + 1
            part = part[: until + int(2 * self._release_sec * _RATE) + 1].copy()
            part[until:] *= np.exp(-np.arange(max(0, len(part) - until)) / (self._release_sec * _RATE / 2))[:, None]
        part = part[max(0, -first) :]
        first = max(0, first)
        part = part[: max(0, len(self._power) - first)]
        self._power[first : first + len(part)] += np.float32(gain) * part

    def levels(self) -> FloatArray:
        """Return the levels after the effects, shape (512, 32)."""
        random = self.random
        power = self._power[:FRAMES] / (self._power.max() + np.float32(1e-20))
        if random.random() < 0.6:
            power = _reverberated(power, random)
        power = power * 10 ** (_smooth(random, 5) * random.uniform(0, 0.6))
        power *= np.exp(random.normal(0, random.choice([0.05, 0.15, 0.35]), power.shape))
        if random.random() < 0.4:
            power *= _limiter_gain(power, random.uniform(0.2, 0.9))
        if random.random() < 0.35:
            power[:, int(random.integers(20, BANDS)) :] *= 1e-7
        noise = 10 ** random.uniform(-8, -2.5) * power.mean() * np.exp(random.normal(0, 0.25, power.shape))
        levels: FloatArray = scaled_levels((power + noise)[None].astype(np.float32))[0]
        return levels


class Clip(NamedTuple):
    """A mix, its tempo in BPM, and the seconds of its beats, None where they are unknown."""

    mix: Mix
    bpm: float
    beats: NDArray[np.float64] | None

    def beat_activation(self) -> FloatArray:
        """Return 1 at the pairs of frames that hold a beat and 0 elsewhere, or -1 throughout without known beats."""
        if self.beats is None:
            return np.full(FRAMES // 2, -1, dtype=np.float32)
        found = np.zeros(FRAMES // 2, dtype=np.float32)
        at = (np.rint(self.beats / GRID.hop_sec + 0.5) // 2).astype(np.int64)
        found[at[(at >= 0) & (at < len(found))]] = 1
        return found


def _reverberated(power: FloatArray, random: np.random.Generator) -> FloatArray:
    seconds = random.uniform(0.25, 1.8) * np.linspace(1.2, 0.6, BANDS)
    decay, share = 10 ** (-6 / (seconds * _RATE)), 4 * 10 ** random.uniform(-2.3, -0.8)
    tails = [lfilter([1 - each], [1, -each], power[:, band]) for band, each in enumerate(decay)]
    return power + np.float32(share) * np.stack(tails, axis=1).astype(np.float32)


def _smooth(random: np.random.Generator, points: int) -> FloatArray:
    """Return a random smooth curve over the bands."""
    curve: FloatArray = np.interp(
        np.arange(BANDS), np.linspace(0, BANDS - 1, points), random.normal(0, 1, points)
    ).astype(np.float32)
    return curve


def _limiter_gain(power: FloatArray, exponent: float) -> FloatArray:
    total = np.convolve(power.sum(axis=1), np.full(5, 0.2), "same")
    gain: FloatArray = (total.mean() / (1.05 * total + 1e-12)) ** exponent
    return gain[:, None]
