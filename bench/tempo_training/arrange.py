"""Vary a MIDI file: instruments, parts, timing, loudness and speed."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import mido
import numpy as np

_DRUMS: Final = 9  # channel of General MIDI
_TICKS: Final = 960
_SECONDS: Final = 36.0
_MICROSECONDS: Final = 1_000_000  # per beat of the written file: ticks are a fixed time
_STEPS: Final = (0.25, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0)  # of an added melody, in beats
_SCALE: Final = (0, 2, 4, 5, 7, 9, 11)


class _Player(NamedTuple):
    """How a channel plays: late by seconds, jitter in seconds, gain of the velocity, and program or None."""

    late: float
    jitter: float
    gain: float
    program: int | None


def arrange(data: bytes, path: Path, random: np.random.Generator, *, melody_bpm: float | None = None) -> float:
    """Write a variant of a MIDI file to *path* and return its speed relative to the original.

    Parameters
    ----------
    data : bytes
        The MIDI file.
    path : Path
    random : numpy.random.Generator
    melody_bpm : float, optional
        Add a random melody at this tempo, as accompaniments have none.
    """
    messages = list(_timed(mido.MidiFile(file=io.BytesIO(data))))
    speed = float(random.uniform(0.92, 1.09))
    channels = sorted({message.channel for _, message in messages})
    missing = _left_out(channels, random)
    jitter = float(random.choice([0, 0, 0.004, 0.008, 0.015]))
    players = {channel: _player(channel, jitter, random) for channel in channels}
    events = [
        each for sec, message in messages if message.channel not in missing
        for each in (_played(sec / speed, message, players[message.channel], random),)
    ]  # fmt: skip
    if melody_bpm and random.random() < 0.7:
        free = next((channel for channel in range(15, -1, -1) if channel not in {*channels, _DRUMS}), 15)
        events += melody(melody_bpm * speed, free, max((sec for sec, _ in events), default=0.0), random)
    _write(events, path)
    return speed


def _timed(song: mido.MidiFile) -> Iterator[tuple[float, mido.Message]]:
    now = 0.0
    for message in song:
        now += message.time
        if not message.is_meta and hasattr(message, "channel"):
            yield now, message


def _left_out(channels: list[int], random: np.random.Generator) -> set[int]:
    """Return the channels that a variant omits."""
    pitched = [channel for channel in channels if channel != _DRUMS]
    dice = random.random()
    if dice < 0.18 and len(pitched) > 1:
        return {_DRUMS}
    if dice < 0.28 and _DRUMS in channels:
        return {channel for channel in pitched if random.random() < 0.7}
    if dice < 0.55 and len(pitched) > 2:
        return {int(random.choice(pitched))}
    return set()


def _player(channel: int, jitter: float, random: np.random.Generator) -> _Player:
    program = None
    if channel != _DRUMS and random.random() < 0.3:
        program = int(random.integers(0, 104))
    late = float(random.normal(0, 0.5 * jitter)) if jitter else 0.0
    return _Player(late, jitter * (0.6 if channel == _DRUMS else 1), float(random.uniform(0.7, 1.15)), program)


def _played(
    sec: float, message: mido.Message, player: _Player, random: np.random.Generator
) -> tuple[float, mido.Message]:
    if message.type == "program_change" and player.program is not None:
        return sec, message.copy(program=player.program)
    if message.type in {"note_on", "note_off"}:
        sec = max(0.0, sec + player.late + (random.normal(0, player.jitter) if player.jitter else 0.0))
        if message.type == "note_on" and message.velocity:
            loud = message.velocity * player.gain + random.normal(0, 5)
            return sec, message.copy(velocity=int(np.clip(loud, 12, 127)))
    return sec, message


def melody(bpm: float, channel: int, until: float, random: np.random.Generator) -> list[tuple[float, mido.Message]]:
    """Return random notes on the sixteenths, more on the beats, with two bars that recur.

    Parameters
    ----------
    bpm : float
    channel : int
    until : float
        Seconds.
    random : numpy.random.Generator
    """
    events = [(0.0, mido.Message("program_change", channel=channel, program=int(random.integers(0, 96))))]
    motif = [(float(random.choice(_STEPS)), int(random.integers(0, 10))) for _ in range(int(random.integers(5, 14)))]
    beat, index, velocity = 0.0, 0, int(random.integers(70, 115))
    while beat * 60 / bpm < until:
        length, degree = motif[index % len(motif)]
        if index % len(motif) == 0:
            beat = float(np.ceil(beat / 4 - 1e-6) * 4)
        if random.random() < 0.2:
            degree = int(random.integers(0, 10))
        note = 60 + _SCALE[degree % 7] + 12 * (degree // 7)
        events.append((beat * 60 / bpm, mido.Message("note_on", channel=channel, note=note, velocity=velocity)))
        off = (beat + 0.9 * length) * 60 / bpm
        events.append((off, mido.Message("note_off", channel=channel, note=note)))
        beat, index = beat + length, index + 1
    return events


def _write(events: list[tuple[float, mido.Message]], path: Path) -> None:
    track, last = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_MICROSECONDS)]), 0
    heard = sorted((event for event in events if event[0] < _SECONDS), key=lambda event: event[0])
    end = min(_SECONDS, heard[-1][0] + 1) if heard else 0.0
    silence = [(end, mido.Message("control_change", channel=channel, control=120)) for channel in range(16)]
    for sec, message in (*heard, *silence):  # without all sound off, sustained notes would never end
        tick = round(sec * _TICKS)
        track.append(message.copy(time=tick - last))
        last = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS).save(path)
