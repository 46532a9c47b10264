"""Scores of music21's corpus as MIDI, with and without metronome marks."""

import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import music21

from .notes import Note
from .tempo_render import PATTERNS, SECONDS, SPEEDS, Clip, Pattern, drums, notated_bpm, write

# Programs of General MIDI for up to four parts: piano, strings, guitars, winds, organ, a band, harp, brass.
_INSTRUMENTS: Final = (
    (0, 0, 0, 32),
    (48, 48, 42, 43),
    (24, 25, 27, 33),
    (73, 71, 68, 70),
    (19, 19, 19, 19),
    (80, 4, 5, 38),
    (46, 46, 46, 46),
    (56, 60, 57, 58),
)

# Fiddle and fife tunes, dances, songs, quartets, piano music, chorales, madrigals; #: tune in a book.
MARKED: Final = (
    *(f"airdsAirs/book{1 + number // 200}#{number}" for number in range(9, 1180, 39)),
    *(f"bach/bwv{number}" for number in (
        "178.7", "279", "20.7", "99.6", "195.6", "52.6", "185.6", "119.9", "158.4", "1.6", "137.5", "93.7",
        "66.6", "244.17", "95.7", "227.1", "248.28", "79.3", "12.7", "70.7", "171.6", "116.6", "139.6",
    )),
    "corelli/opus3no1/1grave", "luca/gloria",
    "schumann_robert/opus41no1/movement2", "schumann_robert/opus41no1/movement3",
    "schumann_robert/opus48no2", "schumann_clara/polonaise_op1n1",
    "schumann_clara/polonaise_op1n2", "schumann_clara/polonaise_op1n3", "schumann_clara/polonaise_op1n4",
    "schumann_clara/opus17/movement3", "beethoven/opus18no1/movement1",
    "beethoven/opus18no1/movement4", "beethoven/opus59no1/movement1", "beethoven/opus59no1/movement2",
    "beethoven/opus59no3/movement1", "handel/rinaldo/Lascia_chio_pianga",
    "joplin/maple_leaf_rag", "haydn/opus1no1/movement1", "haydn/opus1no1/movement2", "haydn/opus1no1/movement3",
    "haydn/opus1no1/movement4", "haydn/opus1no1/movement5", "mozart/k156/movement1", "mozart/k156/movement2",
    "mozart/k156/movement3", "mozart/k458/movement1", "mozart/k545/movement1_exposition", "monteverdi/madrigal.3.1",
    "monteverdi/madrigal.3.8", "monteverdi/madrigal.5.5", "chopin/mazurka06-2",
    "beach/prayer_of_a_tired_child", "ryansMammoth/IrishHornpipe", "ryansMammoth/CampMeetingJig",
    "ryansMammoth/NInWoodPileJig", "verdi/laDonnaEMobile", "johnson_j_r/lift_every_voice", "liliuokalani/aloha_oe",
    "cpebach/h186",
)  # fmt: skip
UNMARKED: Final = (
    "schubert/Lindenbaum", "haydn/opus74no1/movement1", "haydn/opus74no1/movement3", "mozart/k155/movement1",
    "mozart/k155/movement3", "mozart/k156/movement4", "mozart/k458/movement4", "leadSheet/berlinAlexandersRagtime",
    "leadSheet/fosterBrownHair", "beethoven/opus59no2/movement4", "ryansMammoth/AcaciaReel",
    "ryansMammoth/AnnieHughesJig", "ryansMammoth/AdmiralsHornpipe", "ryansMammoth/BarneysGoatJig",
)  # fmt: skip
_BEATS: Final = 140  # upper limit for 25 s
_VELOCITY: Final = 84


class Piece(NamedTuple):
    """Notes in beats, beat in quarter notes, beats per bar, and tempo in BPM if marked."""

    notes: list[Note]
    beat: Fraction
    bar: int
    bpm: float | None


def clips(folder: Path) -> Iterator[Clip]:
    """Write MIDI files of scores, every other one with drums, and yield their clips."""
    for marked, names in ((True, MARKED), (False, UNMARKED)):
        for index, name in enumerate(names):
            kind = ("marked score" if marked else "unmarked score") + (", drums" if index % 2 else "")
            for path, bpm in _speeds(folder, name, index):
                yield Clip(name, kind, bpm, path)


def _speeds(folder: Path, name: str, index: int) -> Iterator[tuple[Path, float]]:
    """Yield the clips of one score with their tempos."""
    piece: Piece | None = None
    for speed in SPEEDS:
        path = folder / f"{name.replace('/', '-')}-{speed}.mid"
        if not path.exists():
            piece = piece or _read(name)
            bpm = speed * (piece.bpm or 85 + zlib.crc32(name.encode()) % 36)  # arbitrary for unmarked scores
            most = bpm * SECONDS / 60
            beaten = drums(_fitting(piece, index), most) if index % 2 else []
            programs = _INSTRUMENTS[index % len(_INSTRUMENTS)]
            write([*(note for note in piece.notes if note.begin < most), *beaten], programs, bpm, path)
        yield path.with_suffix(".wav"), notated_bpm(path)


def _read(name: str) -> Piece:
    """Read a score from its first full bar, repeated."""
    work, _, number = name.partition("#")
    score = music21.corpus.parse(work, number=int(number)) if number else music21.corpus.parse(work)
    parts = list(score.stripTies().parts)
    signature = next(iter(parts[0].flatten().getTimeSignatures()))
    beat, bpm = _mark(score, Fraction(signature.beatDuration.quarterLength))
    bars = list(parts[0].getElementsByClass(music21.stream.Measure))
    first = float(bars[1].offset)
    notes = []
    for channel, part in enumerate(parts[:4]):
        for element in part.flatten().notes:
            begin = float(element.offset) - first
            if begin >= 0 and not isinstance(element, music21.harmony.ChordSymbol):
                length = max(0.1, float(element.quarterLength)) / float(beat)
                notes += [
                    Note(begin / float(beat), length, channel, pitch.midi, _VELOCITY) for pitch in element.pitches
                ]
    bar = max(1, round(signature.barDuration.quarterLength / beat))
    return Piece(_repeated(notes, bar), beat, bar, bpm)


def _mark(score: music21.stream.Score, beat: Fraction) -> tuple[Fraction, float | None]:
    """Return the beat in quarter notes and the tempo in BPM of the first metronome mark.

    A written mark names its beat. The playback tempo of MusicXML counts quarter notes, and the beat is the one of the
    time signature.
    """
    marks = score.flatten().getElementsByClass(music21.tempo.MetronomeMark)
    mark = next((each for each in marks if each.getQuarterBPM()), None)
    if mark is None:
        return beat, None
    if mark.number is not None and mark.referent.quarterLength != 1:
        beat = Fraction(mark.referent.quarterLength)
    return beat, float(mark.getQuarterBPM() or 0) / float(beat)


def _repeated(notes: list[Note], bar: int) -> list[Note]:
    """Return the notes repeated in whole bars."""
    length = (int(max(note.begin for note in notes) + 1e-6) // bar + 1) * bar
    times = _BEATS // length + 1
    return [note._replace(begin=note.begin + time * length) for time in range(times) for note in notes]


def _fitting(piece: Piece, index: int) -> Pattern:
    """Return a drum pattern that fits the metre of a score."""
    if piece.beat == Fraction(3, 2):
        return PATTERNS["six-eight"]
    if piece.bar == 3:
        return PATTERNS["waltz"]
    return PATTERNS[("rock", "four-on-the-floor", "breakbeat")[index // 2 % 3]]
