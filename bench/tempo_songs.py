"""MIDI songs of games whose notes fit their tempo map, at several speeds."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import mido
import numpy as np
from numpy.typing import NDArray

from .tempo_render import SECONDS, SPEEDS, TICKS, Clip, notated_bpm

FOLDERS: Final = (
    Path("/usr/share/planetblupi/music"),  # Debian: planetblupi-music-midi
    Path("/usr/share/games/openttd/baseset/openmsx"),  # openttd-openmsx
)
WADS: Final = tuple(Path(f"/usr/share/games/doom/freedoom{part}.wad") for part in (1, 2))  # freedoom
_FROM_SEC: Final = 20.0  # after the introduction
_STEPS: Final = 24  # per beat: sixteenths and eighth-note triplets
_LEAST_NOTES: Final = 40
_ON_GRID: Final = 0.6
_RIVALS: Final = (2 / 3, 3 / 4, 4 / 3, 3 / 2)  # beats of a wrong tempo map
_CLEARLY: Final = 1.15  # factor, because three eighths repeat in all music in eighths
_KINDRED: Final = (1 / 2, 1.0, 2.0)
_SLOWEST, _FASTEST = 40.0, 250.0


def clips(folder: Path) -> Iterator[Clip]:
    """Write MIDI files of 25 s with one confirmed tempo and yield their clips."""
    for name, data in _named_files():
        for speed in SPEEDS:
            path = folder / f"{name}-{speed}.mid"
            if not path.exists() and not _cut(data, speed, path):
                break
            yield Clip(name, "MIDI song", notated_bpm(path), path.with_suffix(".wav"))


def files() -> Iterator[bytes]:
    """Yield the contents of unique MIDI files."""
    yield from (data for _, data in _named_files())


def _named_files() -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of unique MIDI files."""
    seen = set()
    for source in (path for folder in FOLDERS for path in sorted(folder.glob("*.mid"))):
        yield source.stem, source.read_bytes()
    for wad in (path for path in WADS if path.exists()):
        content = wad.read_bytes()
        count, directory = struct.unpack_from("<ii", content, 4)
        for entry in range(count):
            start, size, name = struct.unpack_from("<ii8s", content, directory + 16 * entry)
            lump = content[start : start + size]
            if lump.startswith(b"MThd") and lump not in seen:
                seen.add(lump)
                yield f"{wad.stem}-{name.rstrip(bytes(1)).decode()}", lump


def _cut(data: bytes, speed: float, path: Path) -> bool:
    """Write 25 s of a song at another speed; return False if its tempo is uncertain."""
    song = mido.MidiFile(file=io.BytesIO(data))
    begin = min(_FROM_SEC, max(0.0, song.length - SECONDS * max(SPEEDS) - 1))
    end = begin + SECONDS * max(SPEEDS)
    bpm = confirmed_bpm(song, begin, end)
    if bpm is None:
        return False
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm * speed))])
    now, last = 0.0, 0
    for message in song:
        now += message.time
        tick = round(max(0.0, now - begin) * bpm / 60 * TICKS)
        if tick > SECONDS * speed * bpm / 60 * TICKS:
            break
        if message.is_meta or (message.type.startswith("note") and now < begin):
            continue
        track.append(message.copy(time=tick - last))
        last = tick
    track += [mido.Message("control_change", channel=channel, control=120) for channel in range(16)]  # all sound off
    mido.MidiFile(tracks=[track], ticks_per_beat=TICKS).save(path)
    return True


def confirmed_bpm(song: mido.MidiFile, begin: float, end: float) -> float | None:
    """Return the tempo between two times in seconds if there is one that the notes bear out.

    Parameters
    ----------
    song : mido.MidiFile
    begin, end : float
    """
    bpm = _only_tempo(song, begin, end)
    certain = bpm is not None and _SLOWEST <= bpm <= _FASTEST and _bears_out(song, begin, end, bpm)
    return bpm if certain else None


def _only_tempo(song: mido.MidiFile, begin: float, end: float) -> float | None:
    """Return the tempo between two times in seconds, or None if it is missing or changes."""
    now, before, within = 0.0, set(), set()
    for message in song:
        now += message.time
        if message.type == "set_tempo" and now <= begin:
            before = {message.tempo}
        elif message.type == "set_tempo" and now < end:
            within.add(message.tempo)
    tempi = before | within
    return float(mido.tempo2bpm(tempi.pop())) if len(tempi) == 1 and before else None


def _bears_out(song: mido.MidiFile, begin: float, end: float, bpm: float) -> bool:
    """Return True if notes lie on the beat grid and repeat at the beat, not at 2:3 or 3:4 of it."""
    beats = _onsets(song, begin, end) * bpm / 60
    if len(beats) < _LEAST_NOTES:
        return False
    on_grid = max(abs(np.mean(np.exp(2j * np.pi * steps * beats))) for steps in (3, 4, 6, 8))
    weights = np.bincount(np.rint(beats * _STEPS).astype(int))
    weights = np.sqrt(weights)  # weight chords more than notes, but less than proportionally

    def repeats(lag: float) -> float:
        moved = round(lag * _STEPS)
        return float(weights[moved:] @ weights[:-moved])

    return bool(on_grid >= _ON_GRID and max(map(repeats, _KINDRED)) >= max(map(repeats, _RIVALS)) / _CLEARLY)


def _onsets(song: mido.MidiFile, begin: float, end: float) -> NDArray[np.float64]:
    """Return note onsets in seconds relative to *begin*."""
    now, onsets = 0.0, []
    for message in song:
        now += message.time
        if message.type == "note_on" and message.velocity > 0 and begin <= now < end:
            onsets.append(now - begin)
    return np.array(onsets)
