"""Additive synthesis of chords, bass, drums and a melody voice.

Signals are float64 arrays of shape (2, samples); times are in seconds, frequencies in hertz.
"""

from collections.abc import Callable
from functools import partial
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from .pieces import BEATS_PER_BAR, Piece

Signal = npt.NDArray[np.float64]

PITCH_CLASSES: Final = {
    name: place
    for place, name in enumerate(
        ["C", "C-sharp", "D", "E-flat", "E", "F", "F-sharp", "G", "A-flat", "A", "B-flat", "B"]
    )
}
SCALES: Final = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
TAIL_SEC: Final = 1.4  # for the reverberation
PEAK: Final = 0.82  # headroom for lossy codecs

# Partials of the melody voices: multiple of the pitch, amplitude, decay time constant in seconds.
VOICES: Final[dict[str, tuple[tuple[float, float, float], ...]]] = {
    "bell": ((1, 1, 0.9), (2, 0.5, 0.6), (2.76, 0.35, 0.4), (5.4, 0.18, 0.2), (8.93, 0.08, 0.1)),
    "pluck": ((1, 1, 0.35), (2, 0.5, 0.25), (3, 0.3, 0.16), (4, 0.18, 0.11), (5, 0.1, 0.08), (6, 0.06, 0.06)),
    "flute": ((1, 1, 1.2), (2, 0.25, 1.0), (3, 0.08, 0.8), (4, 0.03, 0.6)),
    "saw": tuple((float(n), 1 / n, 0.5 / n**0.5) for n in range(1, 10)),
}
ATTACK_SEC: Final = {"bell": 0.003, "pluck": 0.002, "flute": 0.04, "saw": 0.006}
ARPEGGIO: Final = (0, 2, 4, 7, 4, 2, 9, 4)  # steps of the scale above the root of the chord


def play(piece: Piece) -> Signal:
    """Synthesise a piece.

    Parameters
    ----------
    piece : Piece

    Returns
    -------
    ndarray, shape (2, samples)
        Between ``-PEAK`` and ``PEAK``; deterministic.
    """
    mixer = Mixer(piece)
    for bar in range(piece.bars):
        start = bar * BEATS_PER_BAR * piece.beat_sec
        degree = piece.chords[bar % len(piece.chords)] - 1
        _chord(mixer, start, degree)
        _bass(mixer, start, degree)
        _melody(mixer, start, degree, bar)
        _drums(mixer, start, last=bar == piece.bars - 1)
    return mixer.mixed()


class Mixer:
    """Mixes notes into a dry bus and a reverberation bus; holds the random generator of the piece."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.rate = piece.sample_rate
        self.random = np.random.default_rng(crc32(piece.name.encode()))
        samples = round((piece.played_sec + TAIL_SEC) * self.rate)
        self._dry: Signal = np.zeros((2, samples))
        self._room: Signal = np.zeros((2, samples))
        self._notes: dict[tuple[object, ...], Signal] = {}

    def times(self, seconds: float) -> Signal:
        """Return the sample times of a note, in seconds."""
        return np.arange(round(seconds * self.rate)) / self.rate

    def pitch(self, step: int, octave: int) -> float:
        """Return the frequency of a scale step (0 is the tonic) in an octave (A4 is 440 Hz).

        Parameters
        ----------
        step : int
            Above the tonic, in steps of the scale.
        octave : int
            In scientific pitch notation.
        """
        tonic, mode = self.piece.key.split(" ")
        octaves, place = divmod(step, 7)
        semitone = PITCH_CLASSES[tonic] + SCALES[mode][place] + 12 * (octave + octaves - 4) - 9
        return float(440.0 * 2.0 ** (semitone / 12))

    def add(self, note: Signal, start: float, *, pan: float = 0.0, room: float = 0.3) -> None:
        """Mix in a mono note.

        Parameters
        ----------
        note : ndarray, shape (samples,)
        start : float
            Seconds.
        pan : float
            From -1 (left) to 1 (right).
        room : float
            Gain of the reverberation bus.
        """
        begin = round(start * self.rate)
        note = note[: max(0, self._dry.shape[1] - begin)]
        sides = np.array([[np.cos((pan + 1) * np.pi / 4)], [np.sin((pan + 1) * np.pi / 4)]])
        placed = sides * note
        self._dry[:, begin : begin + note.size] += placed
        self._room[:, begin : begin + note.size] += room * placed

    def mixed(self) -> Signal:
        """Return the mix with reverberation, soft limiting and a fade-out, shape (2, samples)."""
        mix = self._dry + self._reverberated()
        mix = np.tanh(1.4 * mix / np.abs(mix).max())
        fade = round(0.5 * self.rate)
        mix[:, -fade:] *= np.linspace(1, 0, fade) ** 2
        result: Signal = PEAK * mix / np.abs(mix).max()
        return result

    def _reverberated(self) -> Signal:
        """Convolve the reverberation bus with decaying noise, independent for both channels."""
        time = self.times(1.2)
        noise = self.random.standard_normal((2, time.size)) * np.exp(-time / 0.3)
        noise = (noise + np.roll(noise, 1, axis=1)) / np.sqrt((noise**2).sum(axis=1, keepdims=True))
        length = 1 << (self._room.shape[1] + time.size).bit_length()
        wet: Signal = np.fft.irfft(np.fft.rfft(self._room, length) * np.fft.rfft(noise, length), length)
        return wet[:, : self._room.shape[1]]

    def once(self, name: tuple[object, ...], make: Callable[[], Signal]) -> Signal:
        """Return a note from the cache, synthesising it on first use.

        Parameters
        ----------
        name : tuple
            Key of the cache.
        make : callable
            Synthesises the note.
        """
        if name not in self._notes:
            self._notes[name] = make()
        return self._notes[name]


def _tone(mixer: Mixer, hertz: float, seconds: float, voice: str) -> Signal:
    """Return a note of a melody voice, without partials near or above the Nyquist frequency."""
    time = mixer.times(seconds)
    note = np.zeros(time.size)
    for multiple, strength, fade in VOICES[voice]:
        if hertz * multiple < 0.45 * mixer.rate:
            note += strength * np.exp(-time / fade) * np.sin(2 * np.pi * hertz * multiple * time)
    release = np.minimum(1, (seconds - time) / 0.02)
    faded: Signal = note * np.minimum(1, time / ATTACK_SEC[voice]) * release
    return faded


def _chord(mixer: Mixer, start: float, degree: int) -> None:
    """Add a pad of root, third, fifth and seventh, each detuned by 4 cents to both sides."""
    for step in (0, 2, 4, 6):
        for side in (-1, 1):
            hertz = mixer.pitch(degree + step, 3) * 2 ** (side * 4 / 1200)
            mixer.add(mixer.once(("pad", hertz), partial(_pad, mixer, hertz)), start, pan=0.8 * side, room=0.5)


def _pad(mixer: Mixer, hertz: float) -> Signal:
    """Return a note of the pad, which swells and fades over a bar."""
    seconds = BEATS_PER_BAR * mixer.piece.beat_sec + 0.3
    time = mixer.times(seconds)
    note = np.zeros(time.size)
    for partial_number in range(1, 5):
        phase = mixer.random.uniform(0, 2 * np.pi)
        note += np.sin(2 * np.pi * hertz * partial_number * time + phase) / partial_number**1.7
    pad: Signal = 0.055 * note * np.minimum(1, time / 0.25) * np.minimum(1, (seconds - time) / 0.35)
    return pad


def _bass(mixer: Mixer, start: float, degree: int) -> None:
    """Add root and fifth on the beats, one to two octaves below the chord."""
    beat = mixer.piece.beat_sec
    for place, step in enumerate((0, 0, 4, 0)):
        time = mixer.times(0.92 * beat)
        hertz = mixer.pitch(degree + step, 2 if degree + step < 4 else 1)
        body = np.sin(2 * np.pi * hertz * time) + 0.35 * np.sin(4 * np.pi * hertz * time)
        shape = np.minimum(1, time / 0.008) * np.exp(-time / 0.5) * np.minimum(1, (0.92 * beat - time) / 0.03)
        mixer.add(0.32 * body * shape, start + place * beat, room=0.05)


def _melody(mixer: Mixer, start: float, degree: int, bar: int) -> None:
    """Add an arpeggio with accented beats, which changes direction every bar."""
    piece = mixer.piece
    step_sec = piece.beat_sec / piece.steps
    for place in range(BEATS_PER_BAR * piece.steps):
        step = ARPEGGIO[(place + 3 * (bar % 2)) % len(ARPEGGIO)]
        loud = 0.2 if place % piece.steps == 0 else 0.13
        hertz = mixer.pitch(degree + step, 4)
        note = mixer.once(("tone", hertz), partial(_tone, mixer, hertz, max(1.6 * step_sec, 0.3), piece.voice))
        mixer.add(loud * note, start + place * step_sec, pan=0.5 * (-1) ** place, room=0.6)


def _drums(mixer: Mixer, start: float, *, last: bool) -> None:
    """Add kick, snare and hi-hat in the pattern of the piece; the last bar ends on its third beat."""
    pattern = mixer.piece.drums
    beat = mixer.piece.beat_sec
    if pattern == "none":
        return
    for place in range(3 if last else BEATS_PER_BAR):
        at = start + place * beat
        if pattern == "four" or place in (0, 2):
            mixer.add(_kick(mixer) * (0.5 if pattern == "soft" else 0.8), at, room=0.03)
        if place in (1, 3):
            mixer.add(_snare(mixer) * (0.12 if pattern == "soft" else 0.3), at, pan=0.1, room=0.35)
        for half, loud in enumerate((0.06, 0.09 if pattern == "four" else 0.04)):
            mixer.add(loud * _hat(mixer), at + half * beat / 2, pan=-0.3, room=0.1)


def _kick(mixer: Mixer) -> Signal:
    time = mixer.times(0.28)
    phase = 2 * np.pi * (48 * time - 4.2 * np.exp(-time / 0.03))
    drum: Signal = np.sin(phase + 2 * np.pi * 4.2) * np.exp(-time / 0.09) * np.minimum(1, (0.28 - time) / 0.02)
    return drum


def _snare(mixer: Mixer) -> Signal:
    time = mixer.times(0.2)
    rattle = np.diff(mixer.random.standard_normal(time.size), prepend=0.0) * np.exp(-time / 0.05)
    body = np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.04)
    drum: Signal = rattle + body
    return drum


def _hat(mixer: Mixer) -> Signal:
    time = mixer.times(0.06)
    hiss = np.diff(mixer.random.standard_normal(time.size), n=2, prepend=[0.0, 0.0])
    drum: Signal = hiss * np.exp(-time / 0.014)
    return drum
