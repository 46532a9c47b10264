"""Clips of MIDI files: accompaniments of MMA, folk tunes, and songs whose notes confirm their tempo map."""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import mido
import numpy as np

from .. import tempo_songs
from ..tempo_training import accompaniments, arrange, tunes
from .mix import SECONDS, Clip, Mix

_WINDOW_SEC: Final = 26.0  # of a song that must have one tempo
_HOP_SEC: Final = 22.0
_LAST_SEC: Final = 300.0
_SPEEDS: Final = {"mma": (0.8, 1.25), "song": (0.86, 1.16), "tune": (0.85, 1.18)}
_SLOWEST, _FASTEST = 42.0, 218.0
_DRUMS: Final = 9
_LEADS: Final = (
    0, 4, 6, 11, 16, 19, 21, 22, 24, 25, 26, 27, 40, 42, 48, 52, 56, 60, 62, 65, 66, 68, 71, 73, 74, 78, 79, 80, 81, 82,
)  # fmt: skip


class Note(NamedTuple):
    """Onset and length in seconds, pitch, velocity, channel and program."""

    sec: float
    length_sec: float
    pitch: int
    velocity: float
    channel: int
    program: int


class Piece(NamedTuple):
    """Source, tempo in BPM, notes, and whether the first beat is at 0 s."""

    source: str
    bpm: float
    notes: tuple[Note, ...]
    from_beat: bool


class _Player(NamedTuple):
    late: float
    gain: float
    program: int | None


@cache
def pieces(folder: Path, source: str) -> tuple[Piece, ...]:
    """Return the pieces of a source; MIDI files are written to *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    if source == "song":
        return tuple(_songs())
    written = (
        filter(None, (accompaniments.write(groove, folder) for groove in accompaniments.grooves()))
        if source == "mma"
        else ((path, bpm) for _, bpm, path in tunes.write_tunes(folder))
    )
    return tuple(Piece(source, bpm, _notes(mido.MidiFile(path)), from_beat=source == "mma") for path, bpm in written)


def _songs() -> Iterator[Piece]:
    """Yield overlapping parts of the songs that have one tempo, which their notes confirm."""
    for data in tempo_songs.files():
        song = mido.MidiFile(file=io.BytesIO(data))
        notes, length = _notes(song), song.length
        for begin in np.arange(0, min(length - _HOP_SEC, _LAST_SEC), _HOP_SEC):
            bpm = tempo_songs.confirmed_bpm(song, begin, begin + _WINDOW_SEC)
            if bpm is not None:
                inside = (note for note in notes if begin <= note.sec < begin + _WINDOW_SEC)
                yield Piece("song", bpm, tuple(note._replace(sec=note.sec - begin) for note in inside), from_beat=False)


def _notes(song: mido.MidiFile) -> tuple[Note, ...]:
    now, sounding, found = 0.0, {}, []
    programs, volumes = [0] * 16, [100] * 16
    for message in song:
        now += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "control_change" and message.control == 7:
            volumes[message.channel] = message.value
        elif message.type == "note_on" and message.velocity:
            velocity = message.velocity * max(volumes[message.channel], 20) / 100
            sounding[message.channel, message.note] = (now, velocity, programs[message.channel])
        elif message.type in {"note_on", "note_off"} and (message.channel, message.note) in sounding:
            sec, velocity, program = sounding.pop((message.channel, message.note))
            found.append(Note(sec, now - sec, message.note, velocity, message.channel, program))
    return tuple(sorted(found))


def clip(piece: Piece, mix: Mix) -> Clip:
    """Return a variant of a part of a piece: other speed, parts, instruments, loudness and timing."""
    random = mix.random
    speed = float(np.exp(random.uniform(*np.log(_SPEEDS[piece.source]))))
    speed = float(np.clip(speed, _SLOWEST / piece.bpm, _FASTEST / piece.bpm))
    room = max(0.0, max((note.sec for note in piece.notes), default=0.0) - SECONDS * speed - 0.5)
    begin = random.uniform(0, room)
    channels = sorted({note.channel for note in piece.notes})
    missing = _left_out(channels, random)
    jitter = float(random.choice([0, 0, 0.004, 0.008, 0.015]))
    players = {channel: _player(jitter, random) for channel in channels}
    for note in piece.notes:
        if note.channel not in missing and begin - 1.5 <= note.sec < begin + SECONDS * speed:
            _play(mix, note._replace(sec=(note.sec - begin) / speed, length_sec=note.length_sec / speed),
                  players[note.channel], jitter)  # fmt: skip
    bpm = piece.bpm * speed
    if piece.source == "mma" and random.random() < 0.7:
        _play_melody(mix, bpm, begin / speed)
    beat_sec = 60 / bpm
    first = -(begin / speed) % beat_sec
    return Clip(mix, bpm, np.arange(first, SECONDS, beat_sec) if piece.from_beat else None)


def _left_out(channels: list[int], random: np.random.Generator) -> set[int]:
    """Return the channels that a variant omits."""
    pitched = [channel for channel in channels if channel != _DRUMS]
    dice = random.random()
    if dice < 0.28 and len(pitched) > 1:
        return {_DRUMS}
    if dice < 0.36 and _DRUMS in channels:
        return {channel for channel in pitched if random.random() < 0.7}
    return {int(random.choice(pitched))} if 0.36 <= dice < 0.6 and len(pitched) > 2 else set()


def _player(jitter: float, random: np.random.Generator) -> _Player:
    program = int(random.integers(0, 104)) if random.random() < 0.35 else None
    return _Player(random.normal(0, 0.5 * jitter), float(np.exp(random.normal(0, 0.5))), program)


def _play(mix: Mix, note: Note, player: _Player, jitter: float) -> None:
    sec = note.sec + player.late + mix.random.normal(0, jitter)
    velocity = float(np.clip(note.velocity + mix.random.normal(0, 5), 10, 127))
    if note.channel == _DRUMS:
        mix.drum(note.pitch, velocity, sec, player.gain)
    else:
        program = note.program if player.program is None else player.program
        mix.note(program, note.pitch, velocity, sec, note.length_sec, player.gain)


def _play_melody(mix: Mix, bpm: float, begin_sec: float) -> None:
    random = mix.random
    program, gain = int(random.choice(_LEADS)), float(np.exp(random.normal(0, 0.5)))
    sounding = {}
    for sec, message in arrange.melody(bpm, 1, SECONDS + begin_sec, random):
        if message.type == "note_on":
            sounding[message.note] = (sec, message.velocity)
        elif message.type == "note_off" and message.note in sounding:
            start, velocity = sounding.pop(message.note)
            if start > begin_sec - 1:
                mix.note(program, message.note, velocity, start - begin_sec, sec - start, gain)
