"""A note of a MIDI file, in beats."""

from typing import NamedTuple


class Note(NamedTuple):
    """A note: start and duration in beats, channel, pitch, velocity."""

    begin: float
    length: float
    channel: int
    pitch: int
    velocity: int
