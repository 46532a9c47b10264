"""Clips without drums: chorales, marches, ballads, dances and others, with the tempo of their kind."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import numpy as np

from .mix import SECONDS, Clip, Mix

_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
_KEYBOARDS: Final = (0, 0, 1, 4, 6, 16, 19, 24, 25, 46, 11)
_LEADS: Final = (0, 4, 6, 11, 16, 19, 21, 22, 24, 25, 27, 40, 42, 48, 52, 56, 60, 65, 66, 68, 71, 73, 74, 78, 79, 80)
_BASSES: Final = (32, 33, 38, 42, 43, 58, 0, 48)
_DEGREES: Final = (0, 3, 4, 5, 1, 0)
_FIGURES: Final = ((0, 1, 2, 1), (0, 2, 1, 2), (0, 1, 2, 3), (2, 1, 0, 1))  # of broken chords
_CYCLE: Final = 30  # beats of a drift
Cell = tuple[float, ...]  # onsets within a beat
_TERNARY_CELLS: Final[tuple[Cell, ...]] = ((0, 1 / 3, 2 / 3), (0, 2 / 3), (0.0,), (0, 1 / 3, 2 / 3))
_FAST_CELLS: Final[tuple[Cell, ...]] = ((0.0,), (0.0,), (0, 0.5), (0, 0.5), (), (0.0,))
_SLOW_CELLS: Final[tuple[Cell, ...]] = (
    (0, 0.5), (0, 0.25, 0.5, 0.75), (0, 0.75), (0.0,), (0, 0.5, 0.75), (0, 0.25, 0.5),
)  # fmt: skip
_CELLS: Final[tuple[Cell, ...]] = (
    (0.0,), (0, 0.5), (0, 0.5), (0, 0.5), (0, 0.75), (0, 0.5, 0.75), (0, 0.25, 0.5), (0, 0.25, 0.5, 0.75),
)  # fmt: skip


class Score:
    """Plays notes at places in beats.

    Parameters
    ----------
    mix : Mix
    bpm : float
    bar : int
        Beats.
    """

    def __init__(self, mix: Mix, bpm: float, bar: int) -> None:
        self.mix, self.random, self.bpm, self.bar = mix, mix.random, bpm, bar
        random, self.beat_sec = mix.random, 60 / bpm
        self._scale, self._root = _SCALES[int(random.integers(2))], int(random.integers(40, 53))
        self.begin = random.uniform(0, bar)
        self.beats = int(SECONDS / self.beat_sec + self.begin) + bar + 1
        self._jitter, self._drift = (
            float(random.choice([0, 0.003, 0.008, 0.015])),
            float(random.choice([0, 0, 0.006, 0.015])),
        )
        self._phase = random.uniform(0, 2 * np.pi)
        self._accent, self._velocity = float(random.choice([0, 0, 6, 14])), random.uniform(70, 95)
        self.keyboard, self.lead, self.bass = (int(random.choice(each)) for each in (_KEYBOARDS, _LEADS, _BASSES))
        self.lead_gain, self.chord_gain = (
            float(np.exp(random.normal(0.2, 0.5))),
            float(np.exp(random.normal(-0.3, 0.6))),
        )
        self.pattern = int(random.integers(4))
        self._degrees, self._bars = [int(random.choice(_DEGREES)) for _ in range(8)], int(random.choice([1, 2]))

    def sec(self, beat: float) -> float:
        """Return the time of a place in beats."""
        bent = self._drift * _CYCLE / (2 * np.pi) * np.sin(2 * np.pi * beat / _CYCLE + self._phase)
        return float((beat + bent - self.begin) * self.beat_sec)

    def pitch(self, degree: int, octave: int = 0) -> int:
        """Return the pitch of a degree of the scale."""
        return self._root + 12 * octave + self._scale[degree % 7] + 12 * (degree // 7)

    def chord(self, beat: int) -> int:
        """Return the degree of the chord of a beat."""
        return self._degrees[beat // (self.bar * self._bars) % 8]

    def play(self, program: int, pitch: int, beat: float, beats: float, gain: float = 1.0) -> None:
        """Play a note, with the accents of the metre.

        Parameters
        ----------
        program, pitch : int
        beat, beats : float
        gain : float
        """
        strength = 1.0 if beat % self.bar < 0.01 else 0.5 if beat % 1 < 0.01 else 0.0
        velocity = float(np.clip(self._velocity + strength * self._accent + self.random.normal(0, 4), 25, 127))
        sec = self.sec(beat) + self.random.normal(0, self._jitter)
        self.mix.note(program, pitch, velocity, sec, 0.92 * beats * self.beat_sec, gain)

    def bass_note(self, beat: float, beats: float, fifth: int = 0) -> None:
        """Play the root of the chord, or the degree *fifth* above it."""
        self.play(self.bass, self.pitch(self.chord(int(beat)) + fifth, -1), beat, beats)

    def triad(self, beat: float, beats: float, program: int | None = None) -> None:
        """Play the chord."""
        for step in range(3):
            pitch = self.pitch(self.chord(int(beat)) + 2 * step, 1)
            self.play(self.keyboard if program is None else program, pitch, beat, beats, self.chord_gain)


def _chorale(score: Score, beat: int) -> None:
    """Play four voices, some of which move in eighths."""
    degree = int(score.random.choice(_DEGREES))
    program = score.keyboard if score.pattern < 3 else 48
    for voice in range(4):
        pitch = score.pitch(degree + 2 * voice - 3 * (voice // 2), voice // 2)
        if score.random.random() < (0.28 if score.bpm < 95 else 0.15):
            score.play(program, pitch, beat, 0.5, score.chord_gain)
            score.play(program, pitch + 2, beat + 0.5, 0.5, score.chord_gain)
        else:
            score.play(program, pitch, beat, 1.0, score.chord_gain)


def _waltz(score: Score, beat: int) -> None:
    if beat % score.bar == 0:
        score.bass_note(beat, 1 if score.pattern else 3)
    elif score.pattern != 3:
        score.triad(beat, 0.8)


def _oompah(score: Score, beat: int) -> None:
    score.bass_note(beat, 0.5, fifth=4 * (beat % 2))
    score.triad(beat + 0.5, 0.4)


def _broken(score: Score, beat: int, parts: int) -> None:
    """Play broken chords of *parts* notes in a beat."""
    if beat % score.bar == 0 or (beat % 2 == 0 and score.bar == 4 and score.pattern < 2):
        score.bass_note(beat, 2 if score.bar == 4 else 3)
    for part in range(parts):
        step = _FIGURES[score.pattern][(beat * parts + part) % 4]
        pitch = score.pitch(score.chord(beat) + 2 * step, 1)
        score.play(score.keyboard, pitch, beat + part / parts, 1 / parts, score.chord_gain)


def _slowly_broken(score: Score, beat: int) -> None:
    _broken(score, beat, 2 if score.pattern < 2 else 4)


def _alberti(score: Score, beat: int) -> None:
    _broken(score, beat, 2 if score.bpm > 100 else 4)


def _chip(score: Score, beat: int) -> None:
    score.keyboard = 80 + score.pattern % 2
    _broken(score, beat, 4 if score.bpm < 165 else 2)


def _jig(score: Score, beat: int) -> None:
    if score.pattern < 2:
        score.bass_note(beat, 0.6)
        score.triad(beat + 2 / 3, 0.3)
    else:
        score.triad(beat, 0.9)


def _quartet(score: Score, beat: int) -> None:
    parts = 2 if score.bpm > 90 else 4
    if score.pattern == 0:
        for part in range(parts):
            score.triad(beat + part / parts, 1 / parts, 48)
    elif score.pattern == 1:
        score.triad(beat, 1, 41)
    elif score.pattern == 2 and beat % 2 == 0:
        score.triad(beat, 2, 48)
    elif score.pattern == 3:
        score.triad(beat + 0.5, 0.5, 40)
    if beat % 2 == 0 or score.pattern != 2:
        score.bass_note(beat, 1 if score.pattern < 3 else 0.5)


def _guitars(score: Score, beat: int) -> None:
    """Play power chords of a distorted guitar in eighths."""
    program, parts = 29 + score.pattern % 2, (2 if score.bpm < 190 else 1)
    parts *= 2 if score.bpm < 115 and score.pattern == 0 else 1
    for part in range(parts):
        for fifth in (0, 7):
            pitch = score.pitch(score.chord(beat)) + fifth
            score.play(program, pitch, beat + part / parts, 0.4, score.chord_gain)
    if score.pattern == 1 or beat % score.bar == 0:
        score.bass_note(beat, 0.8)


def _pop(score: Score, beat: int) -> None:
    if beat % score.bar == 0 or score.pattern:
        score.bass_note(beat, 1)
    for place in (0.0,) if score.pattern < 2 else (0, 0.5):
        score.triad(beat + place, 0.9 if score.pattern < 2 else 0.45)


class _Style(NamedTuple):
    """Range of the tempo in BPM, beats per bar, accompaniment, and whether a tune may stand alone."""

    slowest: float
    fastest: float
    bar: int
    accompany: Callable[[Score, int], None]
    alone: bool = False


STYLES: Final[Mapping[str, _Style]] = {
    "chorale": _Style(54, 112, 4, _chorale), "hymn": _Style(70, 116, 4, _chorale),
    "ballad": _Style(50, 90, 4, _slowly_broken), "adagio": _Style(40, 64, 4, _slowly_broken),
    "andante": _Style(52, 88, 3, _slowly_broken), "alberti": _Style(92, 164, 4, _alberti),
    "chip": _Style(100, 190, 4, _chip), "waltz": _Style(84, 192, 3, _waltz), "minuet": _Style(92, 150, 3, _waltz),
    "oompah": _Style(92, 140, 2, _oompah), "rag": _Style(74, 112, 2, _oompah), "presto": _Style(120, 190, 2, _oompah),
    "fife march": _Style(80, 124, 2, _oompah, alone=True), "melody": _Style(72, 132, 4, _pop, alone=True),
    "jig": _Style(84, 132, 2, _jig, alone=True), "quartet": _Style(70, 150, 4, _quartet),
    "guitars": _Style(96, 200, 4, _guitars), "fast guitars": _Style(158, 210, 4, _guitars),
    "pop": _Style(76, 140, 4, _pop), "allegro": _Style(132, 200, 4, _pop), "fast chip": _Style(156, 204, 4, _chip),
}  # fmt: skip


def clip(name: str, mix: Mix) -> Clip:
    """Return a clip of a style."""
    style, random = STYLES[name], mix.random
    bpm = float(np.exp(random.uniform(np.log(style.slowest), np.log(style.fastest))))
    score = Score(mix, bpm, style.bar)
    alone = style.alone and random.random() < 0.45
    if not alone:
        for beat in range(score.beats):
            style.accompany(score, beat)
    if style.accompany is not _chorale and (style.alone or random.random() < 0.85):
        slow_ternary = name in {"ballad", "andante", "adagio", "fife march"} and random.random() < 0.3
        _play_tune(score, _cells(bpm, style.bar, ternary=name == "jig" or slow_ternary))
    beats = np.array([score.sec(beat) for beat in range(score.beats)])
    return Clip(mix, bpm, beats[(beats >= 0) & (beats < SECONDS)])


def _cells(bpm: float, bar: int, *, ternary: bool) -> tuple[Cell, ...]:
    """Return rhythms of a beat: the faster the beat, the fewer notes."""
    if ternary:
        return _TERNARY_CELLS
    if bpm > (125 if bar != 2 else 110):
        return _FAST_CELLS
    return _SLOW_CELLS if bpm < 80 else _CELLS


def _play_tune(score: Score, cells: tuple[Cell, ...]) -> None:
    """Play a tune of two bars that recur with changes."""
    random = score.random
    motif = [cells[int(random.integers(len(cells)))] for _ in range(2 * score.bar)]
    degrees = [int(random.integers(5, 13)) for _ in range(8 * score.bar)]
    for beat in range(score.beats):
        cell = motif[beat % len(motif)] if random.random() < 0.85 else cells[int(random.integers(len(cells)))]
        for index, place in enumerate(cell):
            degree = degrees[(2 * beat + index) % len(degrees)]
            degree = degree if random.random() < 0.8 else int(random.integers(5, 13))
            score.play(
                score.lead, score.pitch(degree, 1), beat + place, float(random.choice([0.45, 0.9])), score.lead_gain
            )
