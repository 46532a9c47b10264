"""The orchestra: chords, bass, drums and a melody voice, all from sums of sines and noise.

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
TAIL_SEC: Final = 1.4  # for the last echoes
PEAK: Final = 0.82  # leaves room for what lossy codecs add

# Partials of the melody voices: multiple of the pitch, strength, seconds until it has faded to 37 %.
VOICES: Final[dict[str, tuple[tuple[float, float, float], ...]]] = {
    "bell": ((1, 1, 0.9), (2, 0.5, 0.6), (2.76, 0.35, 0.4), (5.4, 0.18, 0.2), (8.93, 0.08, 0.1)),
    "pluck": ((1, 1, 0.35), (2, 0.5, 0.25), (3, 0.3, 0.16), (4, 0.18, 0.11), (5, 0.1, 0.08), (6, 0.06, 0.06)),
    "flute": ((1, 1, 1.2), (2, 0.25, 1.0), (3, 0.08, 0.8), (4, 0.03, 0.6)),
    "saw": tuple((float(n), 1 / n, 0.5 / n**0.5) for n in range(1, 10)),
}
ATTACK_SEC: Final = {"bell": 0.003, "pluck": 0.002, "flute": 0.04, "saw": 0.006}
ARPEGGIO: Final = (0, 2, 4, 7, 4, 2, 9, 4)  # steps of the scale above the root of the chord


def play(piece: Piece) -> Signal:
    """Return the piece as samples.

    Parameters
    ----------
    piece : Piece
        What to play.

    Returns
    -------
    ndarray, shape (2, samples)
        Between ``-PEAK`` and ``PEAK``; the same for the same piece at every call.
    """
    stage = Stage(piece)
    for bar in range(piece.bars):
        start = bar * BEATS_PER_BAR * piece.beat_sec
        degree = piece.chords[bar % len(piece.chords)] - 1
        _chord(stage, start, degree)
        _bass(stage, start, degree)
        _melody(stage, start, degree, bar)
        _drums(stage, start, last=bar == piece.bars - 1)
    return stage.mixed()


class Stage:
    """Where the notes are laid down: a dry bus, one that goes through the room, and the piece's own dice."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.rate = piece.sample_rate
        self.random = np.random.default_rng(crc32(piece.name.encode()))
        samples = round((piece.played_sec + TAIL_SEC) * self.rate)
        self._dry: Signal = np.zeros((2, samples))
        self._room: Signal = np.zeros((2, samples))
        self._notes: dict[tuple[object, ...], Signal] = {}

    def times(self, seconds: float) -> Signal:
        """Return the sample times of a note of that length."""
        return np.arange(round(seconds * self.rate)) / self.rate

    def pitch(self, step: int, octave: int) -> float:
        """Return the frequency of a step of the scale (0 is the tonic) in an octave (4 holds the A of 440 Hz)."""
        tonic, mode = self.piece.key.split(" ")
        octaves, place = divmod(step, 7)
        semitone = PITCH_CLASSES[tonic] + SCALES[mode][place] + 12 * (octave + octaves - 4) - 9
        return float(440.0 * 2.0 ** (semitone / 12))

    def add(self, note: Signal, start: float, *, pan: float = 0.0, room: float = 0.3) -> None:
        """Lay a mono note down at *start*, from -1 (left) to 1 (right), with a share of it in the room."""
        begin = round(start * self.rate)
        note = note[: max(0, self._dry.shape[1] - begin)]
        sides = np.array([[np.cos((pan + 1) * np.pi / 4)], [np.sin((pan + 1) * np.pi / 4)]])
        placed = sides * note
        self._dry[:, begin : begin + note.size] += placed
        self._room[:, begin : begin + note.size] += room * placed

    def mixed(self) -> Signal:
        """Return everything with the room's answer, softly limited, fading out at the end."""
        mix = self._dry + self._reverberated()
        mix = np.tanh(1.4 * mix / np.abs(mix).max())
        fade = round(0.5 * self.rate)
        mix[:, -fade:] *= np.linspace(1, 0, fade) ** 2
        result: Signal = PEAK * mix / np.abs(mix).max()
        return result

    def _reverberated(self) -> Signal:
        """Convolve the room bus with decaying noise, different left and right."""
        time = self.times(1.2)
        noise = self.random.standard_normal((2, time.size)) * np.exp(-time / 0.3)
        noise = (noise + np.roll(noise, 1, axis=1)) / np.sqrt((noise**2).sum(axis=1, keepdims=True))
        length = 1 << (self._room.shape[1] + time.size).bit_length()
        wet: Signal = np.fft.irfft(np.fft.rfft(self._room, length) * np.fft.rfft(noise, length), length)
        return wet[:, : self._room.shape[1]]

    def once(self, name: tuple[object, ...], make: Callable[[], Signal]) -> Signal:
        """Return the note of that name, made at its first use: most notes come again in later bars."""
        if name not in self._notes:
            self._notes[name] = make()
        return self._notes[name]


def _tone(stage: Stage, hertz: float, seconds: float, voice: str) -> Signal:
    """One note of a melody voice; partials that the sample rate cannot hold are left out."""
    time = stage.times(seconds)
    note = np.zeros(time.size)
    for multiple, strength, fade in VOICES[voice]:
        if hertz * multiple < 0.45 * stage.rate:
            note += strength * np.exp(-time / fade) * np.sin(2 * np.pi * hertz * multiple * time)
    release = np.minimum(1, (seconds - time) / 0.02)
    faded: Signal = note * np.minimum(1, time / ATTACK_SEC[voice]) * release
    return faded


def _chord(stage: Stage, start: float, degree: int) -> None:
    """A soft pad of root, third, fifth and seventh, each note doubled slightly out of tune on either side."""
    for step in (0, 2, 4, 6):
        for side in (-1, 1):
            hertz = stage.pitch(degree + step, 3) * 2 ** (side * 4 / 1200)
            stage.add(stage.once(("pad", hertz), partial(_pad, stage, hertz)), start, pan=0.8 * side, room=0.5)


def _pad(stage: Stage, hertz: float) -> Signal:
    """One note of a pad that swells and fades over a bar."""
    seconds = BEATS_PER_BAR * stage.piece.beat_sec + 0.3
    time = stage.times(seconds)
    note = np.zeros(time.size)
    for partial_number in range(1, 5):
        phase = stage.random.uniform(0, 2 * np.pi)
        note += np.sin(2 * np.pi * hertz * partial_number * time + phase) / partial_number**1.7
    pad: Signal = 0.055 * note * np.minimum(1, time / 0.25) * np.minimum(1, (seconds - time) / 0.35)
    return pad


def _bass(stage: Stage, start: float, degree: int) -> None:
    """Root and fifth on the beats, an octave and a half under the chord."""
    beat = stage.piece.beat_sec
    for place, step in enumerate((0, 0, 4, 0)):
        time = stage.times(0.92 * beat)
        hertz = stage.pitch(degree + step, 2 if degree + step < 4 else 1)
        body = np.sin(2 * np.pi * hertz * time) + 0.35 * np.sin(4 * np.pi * hertz * time)
        shape = np.minimum(1, time / 0.008) * np.exp(-time / 0.5) * np.minimum(1, (0.92 * beat - time) / 0.03)
        stage.add(0.32 * body * shape, start + place * beat, room=0.05)


def _melody(stage: Stage, start: float, degree: int, bar: int) -> None:
    """An arpeggio that turns round every bar; the first note of each beat is a little louder."""
    piece = stage.piece
    step_sec = piece.beat_sec / piece.steps
    for place in range(BEATS_PER_BAR * piece.steps):
        step = ARPEGGIO[(place + 3 * (bar % 2)) % len(ARPEGGIO)]
        loud = 0.2 if place % piece.steps == 0 else 0.13
        hertz = stage.pitch(degree + step, 4)
        note = stage.once(("tone", hertz), partial(_tone, stage, hertz, max(1.6 * step_sec, 0.3), piece.voice))
        stage.add(loud * note, start + place * step_sec, pan=0.5 * (-1) ** place, room=0.6)


def _drums(stage: Stage, start: float, *, last: bool) -> None:
    """Kick, snare and hi-hat by the piece's pattern; the last bar ends on its third beat."""
    pattern = stage.piece.drums
    beat = stage.piece.beat_sec
    if pattern == "none":
        return
    for place in range(3 if last else BEATS_PER_BAR):
        at = start + place * beat
        if pattern == "four" or place in (0, 2):
            stage.add(_kick(stage) * (0.5 if pattern == "soft" else 0.8), at, room=0.03)
        if place in (1, 3):
            stage.add(_snare(stage) * (0.12 if pattern == "soft" else 0.3), at, pan=0.1, room=0.35)
        for half, loud in enumerate((0.06, 0.09 if pattern == "four" else 0.04)):
            stage.add(loud * _hat(stage), at + half * beat / 2, pan=-0.3, room=0.1)


def _kick(stage: Stage) -> Signal:
    time = stage.times(0.28)
    phase = 2 * np.pi * (48 * time - 4.2 * np.exp(-time / 0.03))
    drum: Signal = np.sin(phase + 2 * np.pi * 4.2) * np.exp(-time / 0.09) * np.minimum(1, (0.28 - time) / 0.02)
    return drum


def _snare(stage: Stage) -> Signal:
    time = stage.times(0.2)
    rattle = np.diff(stage.random.standard_normal(time.size), prepend=0.0) * np.exp(-time / 0.05)
    body = np.sin(2 * np.pi * 190 * time) * np.exp(-time / 0.04)
    drum: Signal = rattle + body
    return drum


def _hat(stage: Stage) -> Signal:
    time = stage.times(0.06)
    hiss = np.diff(stage.random.standard_normal(time.size), n=2, prepend=[0.0, 0.0])
    drum: Signal = hiss * np.exp(-time / 0.014)
    return drum
