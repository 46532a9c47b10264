"""Render the templates of sound fonts with FluidSynth."""

import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

from auralis_fp.analysis.rhythm.band_levels import BANDS
from auralis_fp.analysis.types import FloatArray

from . import templates
from .mix import Sounds
from .templates import DRUMS, FRAMES, GRID, HOP, KITS, PITCHES, RATE, Font

FONTS: Final = {  # Debian: fluid-soundfont-gm, timgm6mb-soundfont, opl3-soundfont
    "fluid": Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    "timgm6mb": Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    "opl3": Path("/usr/share/sounds/sf2/OPL-3_FM_128M.sf2"),
}
_APART_SEC: Final = 1.75
_NOTE_SEC: Final = 1.3
_DRUM_SEC: Final = 0.3
_PROGRAMS_AT_ONCE: Final = 16
_TICKS: Final = 960


@cache
def sounds(folder: Path) -> Sounds:
    """Return the sounds whose templates lie in *folder*; those that are missing are rendered."""
    return Sounds(tuple(_font(folder, name) for name in FONTS), templates.samples())


def _font(folder: Path, name: str) -> Font:
    path = folder / f"{name}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"rendering {name}", flush=True)
        np.savez(path, **_render(FONTS[name])._asdict())
    with np.load(path) as stored:
        return Font(*(stored[field].astype(np.float32) for field in Font._fields))


def _render(font: Path) -> Font:
    programs = [
        _sounds(font, 0, range(first, first + _PROGRAMS_AT_ONCE), PITCHES) for first in range(0, 128, _PROGRAMS_AT_ONCE)
    ]
    drums = [_sounds(font, 9, (kit,), DRUMS) for kit in KITS]
    return Font(
        np.concatenate([found for found, _ in programs]), np.concatenate([power for _, power in programs]),
        np.concatenate([found for found, _ in drums]), np.concatenate([power for _, power in drums]),
    )  # fmt: skip


def _sounds(
    font: Path, channel: int, programs: range | tuple[int, ...], pitches: range
) -> tuple[NDArray[np.float16], FloatArray]:
    """Return templates, shape (programs, pitches, 100, 32), and their powers."""
    track, last = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=1_000_000)]), 0
    for sec, message in _messages(channel, programs, pitches):
        track.append(message.copy(time=round(sec * _TICKS) - last))
        last = round(sec * _TICKS)
    sound = _synthesize(font, mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS))
    found = []
    for index in range(1, len(programs) * len(pitches) + 1):
        first = round(index * _APART_SEC * RATE) - GRID.hop_length
        found.append(templates.relative(templates.powers(sound[first : first + GRID.frame_length + FRAMES * HOP])))
    shape = (len(programs), len(pitches))
    rendered = np.stack([each for each, _ in found]).astype(np.float16)
    highest = np.array([power for _, power in found], dtype=np.float32)
    return rendered.reshape(*shape, FRAMES, BANDS), highest.reshape(shape)


def _messages(channel: int, programs: range | tuple[int, ...], pitches: range) -> Iterator[tuple[float, mido.Message]]:
    """Yield one note after the other, and the seconds at which they begin and end."""
    index = 0
    for program in programs:
        yield (
            index * _APART_SEC + 0.05 if not index else index * _APART_SEC + _APART_SEC - 0.01,
            mido.Message("program_change", channel=channel, program=program),
        )
        for pitch in pitches:
            index += 1
            sec = index * _APART_SEC
            velocity = 110 if channel == 9 else 100
            yield sec, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
            until = sec + (_DRUM_SEC if channel == 9 else _NOTE_SEC)
            yield until, mido.Message("note_off", channel=channel, note=pitch)
            yield sec + _APART_SEC - 0.02, mido.Message("control_change", channel=channel, control=120)


def _synthesize(font: Path, song: mido.MidiFile) -> FloatArray:
    """Return the mono sound of a MIDI file, with a second of silence."""
    with tempfile.TemporaryDirectory() as scratch:
        midi, wave = Path(scratch, "notes.mid"), Path(scratch, "notes.wav")
        song.save(midi)
        command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", str(RATE), "-R", "0", "-C", "0", "-T", "wav"]
        subprocess.run([*command, "-F", str(wave), str(font), str(midi)], check=True, capture_output=True)
        sound, _ = soundfile.read(wave, dtype="float32", always_2d=True)
    return np.pad(np.asarray(sound).mean(axis=1), (0, 2 * RATE))
