"""Folk tunes of music21's corpus as MIDI files, at a tempo of their kind and in many textures.

The collections differ from those that `bench.tempo_scores` judges with. Collections whose licence restricts their use
(Essen folk songs, Palestrina) are left out.
"""

import re
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import mido
import music21
import numpy as np

from ..notes import Note
from ..tempo_render import write
from .textures import TEXTURES, accompany

_CORPUS: Final = Path(music21.__file__).parent / "corpus"
_COLLECTIONS: Final = {"oneills1850": 190, "miscFolk": 40, "nottingham-dataset": 12}  # tunes of each
_SECONDS: Final = 44.0
_FEWEST_NOTES: Final = 12
_SWING: Final = 0.16  # of a quarter note, in a hornpipe
_DRIFT_BEATS: Final = 30
_PROGRAMS: Final = (  # melody, second part, chords, bass
    (0, 0, 0, 0), (6, 6, 6, 6), (40, 40, 48, 42), (73, 71, 48, 43), (24, 24, 24, 32), (19, 19, 19, 19),
    (21, 21, 21, 21), (109, 109, 109, 109), (22, 25, 25, 32), (46, 46, 46, 46), (56, 60, 61, 58), (52, 52, 52, 52),
    (10, 10, 10, 10), (68, 71, 48, 70), (110, 40, 0, 42), (48, 48, 48, 48), (80, 81, 88, 38), (105, 25, 25, 32),
)  # fmt: skip


class Kind(NamedTuple):
    """How tunes of a kind are tapped: pattern of the heading, metres, beat in quarter notes, and range of the tempo."""

    heading: str
    metres: frozenset[str]
    beat: Fraction
    slowest: float
    fastest: float


def _kind(heading: str, metres: str, beat: str, slowest: float, fastest: float) -> Kind:
    return Kind(heading, frozenset(metres.split()), Fraction(beat), slowest, fastest)


_KINDS: Final = (  # the first that fits
    _kind(r"R:.*reel", "2/2 4/4", "2", 88, 116),
    _kind(r"R:.*hornpipe", "2/2 4/4", "2", 64, 92),
    _kind(r"R:.*slip ?jig", "9/8", "3/2", 96, 130),
    _kind(r"R:.*jig", "6/8", "3/2", 96, 128),
    _kind(r"(?i)N:.*(slow|tender|plaintive|feeling|expression)", "2/4 3/4 4/4", "1", 54, 84),
    _kind(r"(?i)N:.*(slow|tender|plaintive|feeling|expression)", "6/8 9/8", "3/2", 40, 60),
    _kind(r"(?i)N:.*(spirit|lively|animated|march|quick)", "2/4 4/4", "1", 92, 132),
    _kind(r"(?i)N:.*(moderate|andante|cheer)", "2/4 3/4 4/4", "1", 76, 112),
    _kind(r"(?i)T:.*march", "2/4 2/2 4/4", "1", 96, 126),
    _kind(r"S:", "4/4", "2", 88, 112),  # reels of the Nottingham database
)  # fmt: skip


class Tune(NamedTuple):
    """Parts with notes in beats, beats per bar, and its kind."""

    parts: list[list[Note]]
    bar: int
    kind: Kind
    swung: bool


def write_tunes(folder: Path) -> Iterator[tuple[str, float, Path]]:
    """Write the MIDI files that are missing; yield the group that is held out together, the tempo and the file."""
    for collection, most in _COLLECTIONS.items():
        texts = [(name, text, kind) for name, text in _abc(collection) for kind in _KINDS if _fits(kind, text)]
        order = np.random.default_rng(zlib.crc32(collection.encode())).permutation(len({name for name, *_ in texts}))
        first = {name: (text, kind) for name, text, kind in reversed(texts)}
        for name in [sorted(first)[index] for index in order[:most]]:
            text, kind = first[name]
            yield from _written(folder / f"{name}.mid", f"{collection} {name}", text, kind)


def _abc(collection: str) -> Iterator[tuple[str, str]]:
    """Yield names and texts of the tunes of a collection."""
    for path in sorted((_CORPUS / collection).glob("*.abc")):
        content = path.read_text(encoding="utf-8", errors="replace")
        for text in re.split(r"^(?=X:)", content, flags=re.MULTILINE)[1:]:
            number = re.match(r"X: *(\d+)", text)
            if number:
                yield f"{collection}-{path.stem}-{number[1]}", text


def _fits(kind: Kind, text: str) -> bool:
    written = re.search(r"^M: *(\S+)", text, re.MULTILINE)
    metre = {"C": "4/4", "C|": "2/2"}.get(written[1], written[1]) if written else ""
    return (
        metre in kind.metres
        and re.search(f"^{kind.heading}" if kind.heading[0] != "(" else kind.heading, text, re.MULTILINE) is not None
    )


def _written(path: Path, group: str, source: str, kind: Kind) -> Iterator[tuple[str, float, Path]]:
    if not path.exists():
        tune = _read(source, kind)
        if tune is None:
            return
        _write(tune, path)
    tempo = next(message.tempo for message in mido.MidiFile(path) if message.type == "set_tempo")
    yield group, float(mido.tempo2bpm(tempo)), path


def _read(source: str, kind: Kind) -> Tune | None:
    """Read the notes of a tune from its first full bar; None if it changes its metre or cannot be read."""
    try:
        score = music21.converter.parse(source, format="abc")
    except music21.exceptions21.Music21Exception:
        return None
    score = score.stripTies()
    signatures = {each.ratioString for each in score.flatten().getTimeSignatures()}
    if len(signatures) != 1 or not signatures & kind.metres:
        return None
    bar = max(1, round(Fraction(music21.meter.TimeSignature(signatures.pop()).barDuration.quarterLength) / kind.beat))
    parts = [_notes(part, kind.beat) for part in (score.parts or [score])][:4]
    parts = [part for part in parts if part]
    enough = parts and len(parts[0]) >= _FEWEST_NOTES
    swung = "hornpipe" in source[:400].lower()
    return Tune(parts, bar, kind, swung) if enough else None


def _notes(part: music21.stream.Stream, beat: Fraction) -> list[Note]:
    bars = list(part.getElementsByClass(music21.stream.Measure))
    first = float(bars[1].offset) if len(bars) > 2 else 0.0
    return [
        Note(
            (float(each.offset) - first) / float(beat),
            max(0.1, float(each.quarterLength)) / float(beat),
            0,
            pitch.midi,
            84,
        )
        for each in part.flatten().notes
        if float(each.offset) >= first and not isinstance(each, music21.harmony.ChordSymbol)
        for pitch in each.pitches
    ]


def _write(tune: Tune, path: Path) -> None:
    """Write a tune at a random tempo of its kind, with accents, and with an accompaniment if it has one part."""
    random = np.random.default_rng(zlib.crc32(path.name.encode()))
    bpm = float(np.exp(random.uniform(np.log(tune.kind.slowest), np.log(tune.kind.fastest))))
    channels = (0, 1, 2, 3) if len(tune.parts) > 2 else (0, 3)
    notes = [note._replace(channel=channels[index]) for index, part in enumerate(tune.parts) for note in part]
    if len(tune.parts) == 1:
        texture = str(random.choice(TEXTURES))
        parts = 3 if tune.kind.beat == Fraction(3, 2) else 2
        notes += list(accompany(notes, texture, tune.bar, parts, random))
    most = _SECONDS * bpm / 60
    length = (int(max(note.begin for note in notes)) // tune.bar + 1) * tune.bar
    notes = [note._replace(begin=note.begin + time) for time in range(0, int(most) + 1, length) for note in notes]
    played = _played([note for note in notes if note.begin < most], tune, random)
    write(played, _PROGRAMS[int(random.integers(len(_PROGRAMS)))], bpm, path)


def _played(notes: list[Note], tune: Tune, random: np.random.Generator) -> list[Note]:
    """Return notes with metrical accents, a swing and a tempo that drifts."""
    accent, drift = float(random.choice([0, 5, 10, 18])), float(random.choice([0, 0, 0.01, 0.02, 0.03]))
    swing = _SWING if tune.swung and random.random() < 0.6 else 0.0
    phase, softest = random.uniform(0, 2 * np.pi), random.uniform(50, 84)
    played = []
    for note in notes:
        quarter = note.begin * float(tune.kind.beat)
        late = swing / float(tune.kind.beat) if abs(quarter % 1 - 0.5) < 0.01 else 0.0
        bent = drift * _DRIFT_BEATS / (2 * np.pi) * (1 + np.sin(2 * np.pi * note.begin / _DRIFT_BEATS + phase))
        strong = 1.0 if note.begin % tune.bar < 0.01 else 0.5 if note.begin % 1 < 0.01 else 0.0
        velocity = softest + accent * strong + random.normal(0, 4) + 0.2 * (note.velocity - 64)
        played.append(note._replace(begin=note.begin + late + bent, velocity=int(np.clip(velocity, 20, 127))))
    return played
