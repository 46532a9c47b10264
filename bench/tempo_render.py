"""Write notes as MIDI files with a tempo map and render them."""

import os
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import mido

from .notes import Note

SPEEDS: Final = (0.75, 1.0, 1.35)
SECONDS: Final = 25
DRUMS: Final = 9  # drum channel of General MIDI
SOUND_FONT: Final = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")  # Debian: fluid-soundfont-gm
TICKS: Final = 480

# Drum patterns: number of beats and notes at fractions of a beat.
# 36 kick, 37 stick, 38 snare, 39 clap, 42 hat, 51 ride.
Pattern = tuple[int, tuple[tuple[int, tuple[float, ...]], ...]]
_EIGHTHS: Final = tuple(step / 2 for step in range(8))
_THIRDS: Final = tuple(step / 3 for step in range(6))
PATTERNS: Final[dict[str, Pattern]] = {
    "four-on-the-floor": (4, ((36, (0, 1, 2, 3)), (39, (1, 3)), (42, (0.5, 1.5, 2.5, 3.5)))),
    "rock": (4, ((36, (0, 2)), (38, (1, 3)), (42, _EIGHTHS))),
    "breakbeat": (4, ((36, (0, 0.5, 2.5)), (38, (1, 1.75, 2.25, 3)), (42, _EIGHTHS))),
    "swing": (4, ((36, (0, 2)), (51, (0, 1, 1 + 2 / 3, 2, 3, 3 + 2 / 3)), (42, (1, 3)))),
    "waltz": (3, ((36, (0,)), (38, (1, 2)), (42, (0, 1, 2)))),
    "pulse": (1, ((37, (0,)),)),
    "six-eight": (2, ((36, (0,)), (38, (1,)), (42, _THIRDS))),
}


class Clip(NamedTuple):
    """A rendered clip: piece, category, tempo in BPM (None if undefined) and path."""

    piece: str
    kind: str
    bpm: float | None
    path: Path


def drums(pattern: Pattern, most: float) -> list[Note]:
    """Return a drum pattern repeated for *most* beats."""
    beats, strokes = pattern
    starts = range(0, int(most), beats)
    return [
        Note(start + at, 0.1, DRUMS, pitch, 70 if pitch in {42, 51} else 100)
        for start in starts
        for pitch, places in strokes
        for at in places
    ]


def write(notes: Sequence[Note], programs: Sequence[int], bpm: float, path: Path) -> None:
    """Write notes to the MIDI file *path*; *programs* are the instruments of the channels."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))])
    track += [mido.Message("program_change", channel=channel, program=each) for channel, each in enumerate(programs)]
    events = []
    for note in notes:
        on = mido.Message("note_on", channel=note.channel, note=note.pitch, velocity=note.velocity)
        events += [(note.begin, 1, on), (note.begin + note.length, 0, on.copy(velocity=0))]
    last = 0
    for at, _, message in sorted(events, key=lambda event: event[:2]):
        tick = round(at * TICKS)
        track.append(message.copy(time=tick - last))
        last = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=TICKS).save(path)


def notated_bpm(path: Path) -> float:
    """Return the first tempo of a MIDI file."""
    return float(next(mido.tempo2bpm(message.tempo) for message in mido.MidiFile(path) if message.type == "set_tempo"))


def render(clips: Iterable[Clip]) -> None:
    """Render the MIDI file of each missing clip."""
    missing = [clip.path for clip in clips if not clip.path.exists()]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(play, missing))


def play(path: Path, font: Path = SOUND_FONT) -> None:
    """Render the MIDI file beside *path* to it.

    Parameters
    ----------
    path : Path
        The WAV file.
    font : Path
        The sound font.
    """
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-T", "wav", "-F"]
    unfinished = path.with_suffix(".part")
    subprocess.run(
        [*command, str(unfinished), str(font), str(path.with_suffix(".mid"))],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=300,
    )
    unfinished.replace(path)
