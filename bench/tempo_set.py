"""Music whose tempo its notes tell: MIDI files, engraved scores and drum loops, at several speeds."""

import subprocess
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import mido
import music21

SPEEDS: Final = (0.75, 1.0, 1.35)
SECONDS: Final = 25
SOUND_FONT: Final = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
MIDI_FOLDER: Final = Path("/usr/share/planetblupi/music")  # Debian: planetblupi-music-midi
_TICKS: Final = 480
_DRUMS: Final = 9  # the channel of General MIDI's drum kit
_INSTRUMENTS: Final = (
    (0, 0, 0, 32),
    (48, 48, 42, 43),
    (24, 25, 27, 33),
    (73, 71, 68, 70),
    (19, 19, 19, 19),
    (80, 4, 5, 38),
)

# Of the corpus of music21: quartets, songs, dances, chorales, rags, folk tunes.
SCORES: Final = (
    "joplin/maple_leaf_rag", "handel/rinaldo/Lascia_chio_pianga", "schubert/Lindenbaum", "chopin/mazurka06-2",
    "verdi/laDonnaEMobile", "johnson_j_r/lift_every_voice", "liliuokalani/aloha_oe", "cpebach/h186",
    "schumann_robert/opus48no2", "schumann_clara/polonaise_op1n1", "schumann_clara/polonaise_op1n3",
    "haydn/opus1no1/movement2", "haydn/opus74no1/movement1", "haydn/opus74no1/movement3", "mozart/k155/movement1",
    "mozart/k155/movement3", "mozart/k156/movement4", "mozart/k458/movement4", "mozart/k545/movement1_exposition",
    "leadSheet/berlinAlexandersRagtime", "leadSheet/fosterBrownHair", "beethoven/opus18no4",
    "beethoven/opus59no2/movement4", "bach/bwv66.6", "bach/bwv7.7", "bach/bwv248.12-2", "ryansMammoth/AcaciaReel",
    "ryansMammoth/AnnieHughesJig", "ryansMammoth/AdmiralsHornpipe", "ryansMammoth/BarneysGoatJig",
)  # fmt: skip

# Drum patterns: notes at parts of the beat, over a number of beats. 36 kick, 38 snare, 42 hat, 51 ride.
Pattern = tuple[int, tuple[tuple[int, tuple[float, ...]], ...]]
_EIGHTHS: Final = tuple(step / 2 for step in range(8))
_THIRDS: Final = tuple(step / 3 for step in range(6))
PATTERNS: Final[dict[str, Pattern]] = {
    "four-on-the-floor": (4, ((36, (0, 1, 2, 3)), (39, (1, 3)), (42, (0.5, 1.5, 2.5, 3.5)))),
    "rock": (4, ((36, (0, 2)), (38, (1, 3)), (42, _EIGHTHS))),
    "breakbeat": (4, ((36, (0, 0.5, 2.5)), (38, (1, 1.75, 2.25, 3)), (42, _EIGHTHS))),
    "swing": (4, ((36, (0, 2)), (51, (0, 1, 1 + 2 / 3, 2, 3, 3 + 2 / 3)), (42, (1, 3)))),
    "waltz": (3, ((36, (0,)), (38, (1, 2)), (42, (0, 1, 2)))),
    "six-eight": (2, ((36, (0,)), (38, (1,)), (42, _THIRDS))),
}
_LOOP_TEMPI: Final = (50, 60, 72, 86, 100, 120, 140, 165, 200)


class Clip(NamedTuple):
    """A rendered clip: of which piece, of what kind, and its tempo in beats a minute."""

    piece: str
    kind: str
    bpm: float
    path: Path


class Note(NamedTuple):
    """A note: begin and length in beats, channel, pitch, velocity."""

    begin: float
    length: float
    channel: int
    pitch: int
    velocity: int


def build(folder: Path) -> list[Clip]:
    """Return the clips, rendered into *folder* where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    return [*_of_midi(folder), *_of_scores(folder), *_of_loops(folder)]


def is_tuned(clip: Clip) -> bool:
    """Say whether the clip's piece is of the half that the weights were chosen on."""
    return zlib.crc32(clip.piece.encode()) % 2 == 0


def _of_midi(folder: Path) -> Iterator[Clip]:
    """Yield clips from the middle of the MIDI files, that each hold one tempo."""
    for source in sorted(MIDI_FOLDER.glob("*.mid")):
        for speed in SPEEDS:
            path = folder / f"{source.stem}-{speed}.wav"
            song = mido.MidiFile(source)
            bpm = next(mido.tempo2bpm(message.tempo) for message in song if message.type == "set_tempo") * speed
            if not path.exists():
                _cut(song, speed).save(path.with_suffix(".mid"))
                _render(path)
            yield Clip(source.stem, "MIDI", bpm, path)


def _cut(song: mido.MidiFile, speed: float) -> mido.MidiFile:
    """Return 25 s of the song from its 40th second on, at another speed; the settings before that are kept."""
    track, now, last = mido.MidiTrack(), 0.0, 0.0
    for message in song:
        now += message.time
        begun = max(0.0, now - 40) / speed
        if begun > SECONDS:
            break
        if message.is_meta or (message.type.startswith("note") and now < 40):
            continue
        track.append(message.copy(time=round((begun - last) * 2 * _TICKS)))  # two beats a second: 120 BPM
        last = begun
    track += [mido.Message("control_change", channel=channel, control=120) for channel in range(16)]  # all sound off
    return mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS)


def _of_scores(folder: Path) -> Iterator[Clip]:
    """Yield clips of scores, every other one with drums; the beat is that of the time signature."""
    for index, name in enumerate(SCORES):
        read: tuple[Fraction, int, list[Note]] | None = None
        for speed in SPEEDS:
            bpm = speed * (85 + zlib.crc32(name.encode()) % 36)  # scores seldom name a tempo
            path = folder / f"{name.replace('/', '-')}-{speed}.wav"
            if not path.exists():
                read = read or _notes(name)
                unit, beats, notes = read
                programs = _INSTRUMENTS[index % len(_INSTRUMENTS)]
                most = bpm * SECONDS / 60
                drums = _drums(_fitting(unit, beats, index), most) if index % 2 else []
                _write([*(note for note in notes if note.begin < most), *drums], programs, bpm, path)
            yield Clip(name, "score with drums" if index % 2 else "score", bpm, path)


def _notes(name: str) -> tuple[Fraction, int, list[Note]]:
    """Return the beat in quarters, the beats of a bar and the notes of a score, from its first full bar on."""
    score = music21.corpus.parse(name)
    scores = score.scores if isinstance(score, music21.stream.Opus) else [score]
    whole = scores[0].stripTies()
    parts = list(whole.parts)
    signature = next(iter(parts[0].flatten().getTimeSignatures()))
    unit = Fraction(signature.beatDuration.quarterLength)
    bars = list(parts[0].getElementsByClass(music21.stream.Measure))
    first = float(bars[1].offset)
    notes = []
    for channel, part in enumerate(parts[:4]):
        for element in part.flatten().notes:
            begin = float(element.offset) - first
            if begin >= 0 and not isinstance(element, music21.harmony.ChordSymbol):
                length = max(0.1, float(element.quarterLength)) / float(unit)
                strength = 96 if begin % float(signature.barDuration.quarterLength) == 0 else 80
                notes += [Note(begin / float(unit), length, channel, pitch.midi, strength) for pitch in element.pitches]
    return unit, signature.beatCount, _repeated(notes, signature.beatCount)


def _repeated(notes: list[Note], beats: int) -> list[Note]:
    """Return the notes over and over, in whole bars, for 120 beats."""
    bar = max(note.begin for note in notes) // beats + 1
    times = int(120 // (bar * beats)) + 1
    return [note._replace(begin=note.begin + time * bar * beats) for time in range(times) for note in notes]


def _fitting(unit: Fraction, beats: int, index: int) -> Pattern:
    """Return a drum pattern that the metre of a score allows."""
    if unit == Fraction(3, 2):
        return PATTERNS["six-eight"]
    if beats == 3:
        return PATTERNS["waltz"]
    return PATTERNS[("rock", "four-on-the-floor", "breakbeat")[index // 2 % 3]]


def _drums(pattern: Pattern, most: float) -> list[Note]:
    """Return a drum pattern over and over."""
    beats, strokes = pattern
    starts = range(0, int(most), beats)
    return [
        Note(start + at, 0.1, _DRUMS, pitch, 70 if pitch in {42, 51} else 100)
        for start in starts
        for pitch, places in strokes
        for at in places
    ]


def _of_loops(folder: Path) -> Iterator[Clip]:
    """Yield drum loops from 50 to 200 BPM; patterns of other tempi than their fellows' fall into other halves."""
    for name, pattern in PATTERNS.items():
        for bpm in _LOOP_TEMPI:
            path = folder / f"loop-{name}-{bpm}.wav"
            if not path.exists():
                _write(_drums(pattern, bpm * SECONDS / 60), (), bpm, path)
            yield Clip(f"{name} {bpm}", "loop", bpm, path)


def _write(notes: Sequence[Note], programs: Sequence[int], bpm: float, path: Path) -> None:
    """Write notes as a MIDI file and render it."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm))])
    track += [mido.Message("program_change", channel=channel, program=each) for channel, each in enumerate(programs)]
    events = []
    for note in notes:
        on = mido.Message("note_on", channel=note.channel, note=note.pitch, velocity=note.velocity)
        events += [(note.begin, 1, on), (note.begin + note.length, 0, on.copy(velocity=0))]
    last = 0
    for at, _, message in sorted(events, key=lambda event: event[:2]):
        tick = round(at * _TICKS)
        track.append(message.copy(time=tick - last))
        last = tick
    mido.MidiFile(tracks=[track], ticks_per_beat=_TICKS).save(path.with_suffix(".mid"))
    _render(path)


def _render(path: Path) -> None:
    """Play the MIDI file beside *path* into it."""
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-T", "wav", "-F"]
    subprocess.run(
        [*command, str(path), str(SOUND_FONT), str(path.with_suffix(".mid"))],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=60,
    )
