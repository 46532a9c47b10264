"""Clips of the drum machine of ``bench.tempo_training``, played by templates of samples and sound fonts."""

from typing import Final

import numpy as np

from ..tempo_training import drum_machine
from ..tempo_training.patterns import FURTHER, NAMES, SLOW_AND_FAST
from .mix import SECONDS, Clip, Mix

GENRES: Final = (*NAMES, *FURTHER, *SLOW_AND_FAST)
_DRUMS: Final = {
    "kick": (35, 36), "snare": (38, 40, 39), "hat": (42, 44, 70), "cymbal": (46, 49, 51, 53, 57, 59),
    "tick": (37, 75, 76, 56),
}  # fmt: skip
_PROGRAMS: Final = (0, 4, 5, 16, 19, 24, 27, 28, 29, 30, 33, 34, 38, 39, 48, 50, 61, 62, 80, 81, 87, 88, 90)
_SECONDS: Final = 18.0


class _Band(drum_machine.Song[tuple[str, str | int]]):
    """Plays a song of the drum machine into a mix.

    Parameters
    ----------
    mix : Mix
    bpm : float
    """

    def __init__(self, mix: Mix, bpm: float) -> None:
        super().__init__(bpm, mix.random, _SECONDS)
        self._mix = mix
        self.begin_sec = float(mix.random.uniform(0, 5)) if mix.random.random() < 0.8 else 0.0
        self._gain = float(np.exp(mix.random.normal(-1.6, 1)))
        self._programs: dict[tuple[int, float, float], int] = {}

    def choose(self, kind: str) -> tuple[str, str | int]:
        """Return a sample of LMMS, or a drum of General MIDI."""
        if self.random.random() < 0.55:
            return kind, str(self.random.choice(list(self._mix.samples[kind])))
        return "", int(self.random.choice(_DRUMS[kind]))

    def hit(self, sample: tuple[str, str | int], beat: float, gain: float) -> None:
        """Add a drum sound."""
        if beat < self.beats:
            kind, name = sample
            sec, power = self.sec(beat) - self.begin_sec, (gain * self.random.uniform(0.8, 1.1)) ** 2
            if isinstance(name, str):
                self._mix.sample(kind, name, sec, power)
            else:
                self._mix.drum(name, 110, sec, 2 * power)

    def tone(self, hertz: float, beat: float, beats: float, gain: float, voice: tuple[int, float, float]) -> None:
        """Add a note of the program that plays the voice."""
        program = self._programs.setdefault(voice, int(self.random.choice(_PROGRAMS)))
        if beat < self.beats:
            pitch, sec = 69 + 12 * np.log2(hertz / 440), self.sec(beat) - self.begin_sec
            self._mix.note(program, pitch, 100, sec, beats * self.beat_sec, self._gain * (4 * gain) ** 2)


def clip(genre: str, mix: Mix) -> Clip:
    """Return a clip of a genre."""
    slowest, fastest = drum_machine.tempo_range(genre)
    bpm = float(np.exp(mix.random.uniform(np.log(0.97 * slowest), np.log(1.03 * fastest))))
    band = _Band(mix, bpm)
    drum_machine.perform(band, genre)
    beats = band.beat_secs - band.begin_sec
    return Clip(mix, bpm, beats[(beats >= 0) & (beats < SECONDS)])
