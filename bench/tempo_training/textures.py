"""Accompaniments of a melody in textures of piano, strings and folk music: harmony, bass and chords without drums."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..notes import Note

MELODY: Final = 0  # channels
SECOND: Final = 1
CHORDS: Final = 2
BASS: Final = 3
_TRIADS: Final = tuple((root, root + third, root + 7) for root in range(12) for third in (3, 4))
_CHANGE: Final = 0.6  # beats of melody that must fit better before the chord changes
_LOWEST_CHORD: Final = 52
_LOWEST_BASS: Final = 36
TEXTURES: Final = (
    "melody", "melody", "melody", "drone", "blocks", "bass and chords", "bass and afterbeats", "broken chords",
    "fast broken chords", "sustained", "repeated chords", "hymn", "hymn", "thirds",
)  # fmt: skip


def accompany(
    melody: Sequence[Note], texture: str, bar: int, parts: int, random: np.random.Generator
) -> Iterator[Note]:
    """Yield the accompaniment of a melody.

    Parameters
    ----------
    melody : sequence of Note
    texture : str
        One of `TEXTURES`.
    bar : int
        Beats per bar.
    parts : int
        2 or 3, into which the beat is divided.
    random : numpy.random.Generator
    """
    if texture == "thirds":
        yield from (note._replace(channel=SECOND, pitch=note.pitch - int(random.choice([3, 4]))) for note in melody)
    if texture in {"melody", "thirds"} or not melody:
        return
    step = bar if bar < 4 else bar // 2  # beats for which a chord is kept
    for index, triad in enumerate(_harmony(melody, step)):
        first = index * step
        if texture == "hymn":
            inside = [note for note in melody if first <= note.begin < first + step]
            for note in inside:
                yield from _chord(triad, note.begin, note.length)
                yield _bass(triad, note.begin, note.length)
        else:
            yield from _pattern(texture, triad, first, step, parts)


def _harmony(melody: Sequence[Note], step: int) -> list[tuple[int, int, int]]:
    """Return the triad that fits best to each *step* beats, with few changes."""
    count = int(max(note.begin for note in melody)) // step + 1
    held = np.zeros((count, 12))
    for note in melody:
        held[int(note.begin) // step, note.pitch % 12] += note.length
    member: NDArray[np.float64] = np.array(
        [[pitch in {n % 12 for n in triad} for pitch in range(12)] for triad in _TRIADS]
    )
    fits = held @ member.T
    chosen, now = [], int(fits.sum(axis=0).argmax())
    for row in fits:
        best = int(row.argmax())
        now = best if row[best] > row[now] + _CHANGE else now
        chosen.append(_TRIADS[now])
    return chosen


def _chord(triad: tuple[int, int, int], begin: float, length: float) -> Iterator[Note]:
    for note in triad:
        yield Note(begin, length, CHORDS, _LOWEST_CHORD + (note - _LOWEST_CHORD) % 12, 64)


def _bass(triad: tuple[int, int, int], begin: float, length: float, place: int = 0) -> Note:
    return Note(begin, length, BASS, _LOWEST_BASS + (triad[place] - _LOWEST_BASS) % 12, 72)


def _pattern(texture: str, triad: tuple[int, int, int], first: int, step: int, parts: int) -> Iterator[Note]:
    """Yield a chord in a texture for *step* beats."""
    if texture == "drone":
        yield _bass(triad, first, 0.98 * step)
        yield _bass(triad, first, 0.98 * step, place=2)
    elif texture == "sustained":
        yield from _chord(triad, first, 0.98 * step)
        yield _bass(triad, first, 0.98 * step)
    elif texture in {"broken chords", "fast broken chords"}:
        count = parts if texture == "broken chords" or parts == 3 else 2 * parts
        order = (0, 1, 2) if parts == 3 else (0, 2, 1, 2)
        for index in range(step * count):
            pitch = _LOWEST_CHORD + (triad[order[index % len(order)]] - _LOWEST_CHORD) % 12
            yield Note(first + index / count, 0.9 / count, CHORDS, pitch, 80 if index == 0 else 64)
    else:
        for beat in range(first, first + step):
            yield from _beat(texture, triad, beat, beat - first, parts)


def _beat(texture: str, triad: tuple[int, int, int], beat: int, place: int, parts: int) -> Iterator[Note]:
    """Yield one beat of a chord."""
    if texture == "blocks":
        yield from _chord(triad, beat, 0.9)
        yield _bass(triad, beat, 0.9)
    elif texture == "bass and chords":  # a waltz or a slow two
        if place == 0:
            yield _bass(triad, beat, 0.9)
        else:
            yield from _chord(triad, beat, 0.6)
    elif texture == "bass and afterbeats":
        yield _bass(triad, beat, 0.45, place=0 if place % 2 == 0 else 2)
        yield from _chord(triad, beat + (2 / 3 if parts == 3 else 0.5), 0.3)
    else:
        for index in range(parts):
            yield from _chord(triad, beat + index / parts, 0.8 / parts)
        if place == 0:
            yield _bass(triad, beat, 0.9)
