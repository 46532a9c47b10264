"""Play drum patterns with the samples of LMMS, and bass, chords and a melody from oscillators."""

import zlib
from abc import ABC, abstractmethod
from functools import cache
from pathlib import Path
from typing import Final, Generic, TypeVar

import numpy as np
import soundfile
from numpy.typing import NDArray

from .patterns import FURTHER, GENRES, LOUDNESS, PLAIN, SLOW_AND_FAST, STEPS, TERNARY, Genre

RATE: Final = 44_100
SECONDS: Final = 32
_SAMPLES: Final = Path("/usr/share/lmms/samples/drums")  # Debian: lmms-common
KINDS: Final = {
    "kick": ("kick0[123].ogg", "kick_*.ogg", "bassdrum*.ogg"),
    "snare": ("snare*.ogg", "clap*.ogg", "nasty_snare*.ogg"),
    "hat": ("hihat_closed*.ogg", "hihat_foot*.ogg", "shaker*.ogg"),
    "cymbal": ("ride*.ogg", "crash*.ogg", "hihat_opened*.ogg"),
    "tick": ("rim*.ogg", "sidestick*.ogg", "wood*.ogg", "clav*.ogg"),
}
_LONGEST_SEC: Final = 1.5
_SCALES: Final = ((0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11))
_BASS: Final = {  # places in a bar of four beats
    "whole": (0.0,), "eighths": tuple(step / 2 for step in range(8)), "beats": (0.0, 1.0, 2.0, 3.0),
    "off": (0.5, 1.5, 2.5, 3.5), "syncopated": (0.0, 0.75, 1.5, 2.5), "none": (),
}  # fmt: skip
_CHORDS: Final = {
    **_BASS, "arpeggio": tuple(step / 2 for step in range(8)), "fast arpeggio": tuple(step / 4 for step in range(16)),
    "backbeat": (1.0, 3.0),
}  # fmt: skip
Samples = NDArray[np.float32]


Sound = TypeVar("Sound")


class Song(ABC, Generic[Sound]):
    """A song that is played, and the random choices that shape it.

    Parameters
    ----------
    bpm : float
    random : numpy.random.Generator
    seconds : float
    """

    def __init__(self, bpm: float, random: np.random.Generator, seconds: float) -> None:
        self.random, self.beat_sec = random, 60 / bpm
        self.beats = int(seconds / self.beat_sec)
        self.jitter_sec = random.choice([0, 0, 0.003, 0.008, 0.014])
        drift, cycle = random.choice([0, 0, 0, 0.004, 0.01]), random.uniform(24, 80)
        periods = self.beat_sec * (
            1 + drift * np.sin(2 * np.pi * (np.arange(self.beats + 2) / cycle + random.random()))
        )
        self.beat_secs = np.concatenate(([0.0], np.cumsum(periods)))
        self.swing = 0.0  # of sixteenths, in beats

    def sec(self, beat: float) -> float:
        """Return the time of a place in beats, with the player's jitter."""
        if self.swing and abs(beat * 4 % 2 - 1) < 0.01:
            beat += self.swing
        steady = float(np.interp(beat, np.arange(len(self.beat_secs)), self.beat_secs))
        return steady + float(self.random.normal(0, self.jitter_sec))

    @abstractmethod
    def choose(self, kind: str) -> Sound:
        """Return a drum sound of a kind."""

    @abstractmethod
    def hit(self, sample: Sound, beat: float, gain: float) -> None:
        """Add a drum sound."""

    @abstractmethod
    def tone(self, hertz: float, beat: float, beats: float, gain: float, voice: tuple[int, float, float]) -> None:
        """Add a note; *voice* is its waveform, attack in seconds and decay per second."""


class _Mixed(Song[Samples]):
    """A song as samples."""

    def __init__(self, bpm: float, random: np.random.Generator) -> None:
        super().__init__(bpm, random, SECONDS)
        self.mix: Samples = np.zeros((round((SECONDS + 4) * RATE), 2), dtype=np.float32)

    def _at(self, beat: float) -> int:
        return max(0, round(self.sec(beat) * RATE))

    def choose(self, kind: str) -> Samples:
        """Return the samples of a drum."""
        paths = sample_paths(kind)
        return load_sample(paths[int(self.random.integers(len(paths)))])

    def hit(self, sample: Samples, beat: float, gain: float) -> None:
        """Add a drum sample."""
        if beat < self.beats:
            first = self._at(beat)
            part = sample[: max(0, len(self.mix) - first)]
            self.mix[first : first + len(part)] += part * np.float32(gain * self.random.uniform(0.8, 1.1))

    def tone(self, hertz: float, beat: float, beats: float, gain: float, voice: tuple[int, float, float]) -> None:
        """Add a note of an oscillator."""
        waveform, attack, decay = voice
        first, count = self._at(beat), round(beats * self.beat_sec * RATE)
        if beat >= self.beats or count < 1 or first + count > len(self.mix):
            return
        sec = np.arange(count, dtype=np.float32) / RATE
        cycles = hertz * sec
        wave = (
            sum(
                share * np.sin(2 * np.pi * number * cycles)
                for number, share in ((1, 1.0), (2, 0.5), (3, 0.3), (4, 0.2))
            )
            if waveform == 0
            else 2 * (cycles % 1) - 1
            if waveform == 1
            else 0.6 * np.sign(np.sin(2 * np.pi * cycles))
        )
        envelope = np.minimum(1, sec / attack) * np.exp(-sec * decay) * np.minimum(1, (count - np.arange(count)) / 800)
        self.mix[first : first + count] += (gain * wave * envelope)[:, None].astype(np.float32)


def play(name: str, seed: int) -> tuple[Samples, float]:
    """Return a song in the genre *name*, shape (samples, 2), and its tempo in BPM."""
    random = np.random.default_rng(zlib.crc32(f"{name} {seed}".encode()))
    bpm = float(random.uniform(*tempo_range(name)))
    song = _Mixed(bpm, random)
    perform(song, name)
    noise = 1e-5 * random.standard_normal((SECONDS * RATE, 2))
    return song.mix[: SECONDS * RATE] + noise.astype(np.float32), bpm


def tempo_range(name: str) -> tuple[float, float]:
    """Return the slowest and the fastest tempo of a genre in BPM."""
    genre = {**GENRES, **FURTHER, **SLOW_AND_FAST}.get(name)
    return (genre.slowest, genre.fastest) if genre else {**TERNARY, **PLAIN}[name]


def perform(song: Song[Sound], name: str) -> None:
    """Play a song in the genre *name*."""
    random, genre = song.random, {**GENRES, **FURTHER, **SLOW_AND_FAST}.get(name)
    if genre:
        song.swing = float(random.choice([0, 0, 0, 0.04, 0.08, 0.12]))
        if random.random() < 0.92:
            _patterns(song, genre)
    elif name in TERNARY:
        _ternary(song, name)
    elif name == "pulse":
        sample = song.choose(str(random.choice(["tick", "hat", "snare", "kick"])))
        for beat in range(song.beats):
            song.hit(sample, beat, 0.8)
    if name != "pulse":
        _harmony(song, bar=3 if "waltz" in name else 4, ternary=name in TERNARY)


def _patterns(song: Song[Sound], genre: Genre) -> None:
    """Play a pattern of four beats, with fills, ghost gaps and a late entry now and then."""
    random = song.random
    drums = [
        (_steps(str(random.choice(patterns))), song.choose(kind), random.uniform(*gains))
        for patterns, kind, gains in (
            (genre.kicks, "kick", (0.6, 1.0)),
            (genre.snares, "snare", (0.4, 0.9)),
            (genre.hats, str(random.choice(["hat", "hat", "cymbal"])), (0.1, 0.45)),
        )
    ]
    crash, entry = song.choose("cymbal"), int(random.choice([0, 0, 0, 2, 4]))
    for bar in range(entry, song.beats // 4 + 1):
        fill = bar % 4 == 3 and random.random() < 0.3
        for index, (steps, sample, gain) in enumerate(drums):
            for step, loudness in steps:
                if random.random() > 0.02 and not (fill and index == 1 and step >= 12):
                    song.hit(sample, bar * 4 + step / 4, gain * loudness)
        if fill:
            for step in range(4):
                song.hit(drums[1][1], bar * 4 + 3 + step / 4, 0.7 * drums[1][2])
        if bar % 8 == 0 and random.random() < 0.5:
            song.hit(crash, bar * 4, 0.3)


def _steps(pattern: str) -> list[tuple[int, float]]:
    assert len(pattern) == STEPS, pattern
    return [(step, LOUDNESS[letter]) for step, letter in enumerate(pattern) if letter != "."]


def _ternary(song: Song[Sound], name: str) -> None:
    """Play beats divided in three."""
    random = song.random
    kick, snare, hat, ride = (song.choose(kind) for kind in ("kick", "snare", "hat", "cymbal"))
    third = float(random.choice([0.62, 2 / 3, 0.7]))
    light, ghost = random.uniform(0.15, 0.45), random.random() < 0.5
    for beat in range(song.beats):
        if name == "six-eight":
            song.hit(kick if beat % 2 == 0 else snare, beat, 0.9)
            for part in range(3):
                song.hit(hat, beat + part / 3, light * (1 if part == 0 else 0.7))
            if ghost and random.random() < 0.5:
                song.hit(kick, beat + 2 / 3, 0.5)
        elif "waltz" in name:
            song.hit(kick if beat % 3 == 0 else snare, beat, 0.9 if beat % 3 == 0 else random.uniform(0.1, 0.6))
            song.hit(ride if name == "jazz waltz" else hat, beat, light)
            if name == "jazz waltz" and random.random() < 0.5:
                song.hit(ride, beat + third, 0.7 * light)
        else:
            _swing_beat(song, beat, (kick, snare, hat, ride), third, light, shuffle=name == "shuffle")


def _swing_beat(
    song: Song[Sound], beat: int, drums: tuple[Sound, ...], third: float, light: float, *, shuffle: bool
) -> None:
    kick, snare, hat, ride = drums
    random = song.random
    song.hit(ride, beat, 1.3 * light)
    if beat % 2 == 1 or shuffle:
        song.hit(ride, beat + third, light)
    if beat % 2 == 1:
        song.hit(hat, beat, 1.2 * light)
    if shuffle:
        song.hit(snare if beat % 2 else kick, beat, 0.8)
    elif beat % 4 == 0 and random.random() < 0.6:
        song.hit(kick, beat, 0.5)
    if random.random() < 0.15:
        song.hit(snare, beat + third, 0.4)


def _harmony(song: Song[Sound], *, bar: int, ternary: bool) -> None:
    """Play bass, chords and perhaps a melody over a progression of four bars."""
    random = song.random
    root, scale = random.uniform(41, 62), _SCALES[int(random.integers(2))]
    degrees = random.choice([0, 3, 4, 5], 4)
    bass, chords = (places[str(random.choice(list(places)))] for places in (_BASS, _CHORDS))
    voices = [
        (int(random.integers(3)), float(random.choice([0.004, 0.01, 0.03, 0.12])), float(random.choice([0.5, 2, 5])))
        for _ in range(3)
    ]
    bass_gain, chord_gain = random.uniform(0.15, 0.5), random.uniform(0.05, 0.3)
    tune = random.random() < 0.6
    for number in range(song.beats // bar + 1):
        degree = int(degrees[number % 4])
        for place in _bent(bass, bar, ternary=ternary):
            song.tone(_pitch(root, scale, degree), number * bar + place, 0.7, bass_gain, voices[0])
        long = bar * 0.95 if len(chords) == 1 else 0.4
        for index, place in enumerate(_bent(chords, bar, ternary=ternary)):
            arpeggio = chords in {_CHORDS["arpeggio"], _CHORDS["fast arpeggio"]}
            for note in (index % 3,) if arpeggio else range(3):
                hertz = 4 * _pitch(root, scale, degree + 2 * note)
                song.tone(hertz, number * bar + place, long, 0.6 * chord_gain, voices[1])
        if tune:
            _tune(song, 8 * root, scale, range(number * bar, (number + 1) * bar), chord_gain, ternary=ternary)


def _tune(song: Song[Sound], root: float, scale: tuple[int, ...], beats: range, gain: float, *, ternary: bool) -> None:
    random = song.random
    figures = ((0.0,), (0, 2 / 3), (2 / 3,)) if ternary else ((0.0,), (0, 0.5), (0, 0.75), (0.5,), (0, 0.25, 0.5))
    for beat in beats:
        if random.random() < 0.7:
            for place in figures[int(random.integers(len(figures)))]:
                length = float(random.choice([0.4, 0.9, 1.4]))
                song.tone(
                    _pitch(root, scale, int(random.integers(7))), beat + place, length, 1.2 * gain, (0, 0.01, 2.0)
                )


def _bent(places: tuple[float, ...], bar: int, *, ternary: bool) -> list[float]:
    """Return the places within the bar; in ternary music the second half of a beat begins after two thirds."""
    inside = [place for place in places if place < bar]
    return (
        [int(place) + (2 / 3 if place % 1 >= 0.5 else 0) for place in inside if place % 1 in {0, 0.5}]
        if ternary
        else inside
    )


def _pitch(root: float, scale: tuple[int, ...], degree: int) -> float:
    return float(root * 2 ** ((scale[degree % 7] + 12 * (degree // 7)) / 12))


@cache
def sample_paths(kind: str) -> list[Path]:
    """Return the files of the drum sounds of a kind."""
    return sorted(path for pattern in KINDS[kind] for path in _SAMPLES.glob(pattern))


@cache
def load_sample(path: Path) -> Samples:
    """Return a drum sound, shape (samples, 2), up to 1.5 s, with peak 1."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    if rate != RATE:
        samples = samples[np.arange(0, len(samples), rate / RATE).astype(int).clip(max=len(samples) - 1)]
    samples = np.repeat(samples, 2, axis=1) if samples.shape[1] == 1 else samples
    samples = samples[: round(_LONGEST_SEC * RATE)]
    return np.asarray(samples / (np.abs(samples).max() + 1e-9), dtype=np.float32)
