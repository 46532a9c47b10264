"""The pieces: tempo, key, harmony, instruments and file format."""

from dataclasses import dataclass
from typing import Final

BEATS_PER_BAR: Final = 4
BROKEN: Final = "Torn tape.mp3"  # noise, so that the list of failures is not empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of music.

    ``format`` is a key of the encoders, ``chords`` are scale degrees (one per bar, 1 is the tonic), ``drums`` is one of
    ``none``, ``soft``, ``backbeat``, ``four``; ``voice`` plays ``steps`` notes per beat.
    """

    title: str
    tempo_bpm: int
    key: str
    format: str
    suffix: str
    chords: tuple[int, ...]
    bars: int
    drums: str
    voice: str
    steps: int = 2
    sample_rate: int = 44_100

    @property
    def name(self) -> str:
        """File name with tempo and key."""
        return f"{self.title} - {self.tempo_bpm} BPM in {self.key}.{self.suffix}"

    @property
    def beat_sec(self) -> float:
        """Duration of a beat."""
        return 60.0 / self.tempo_bpm

    @property
    def played_sec(self) -> float:
        """Duration without the final reverberation."""
        return self.bars * BEATS_PER_BAR * self.beat_sec


def _piece(title: str, tempo_bpm: int, key: str, stored: str, chords: str, style: str, bars: int = 8) -> Piece:
    """Return a piece; *stored* is ``format.suffix[.rate]``, *style* is ``drums.voice.steps``."""
    storage = stored.split(".")
    drums, voice, steps = style.split(".")
    return Piece(
        title=title,
        tempo_bpm=tempo_bpm,
        key=key,
        format=storage[0],
        suffix=storage[1],
        sample_rate=int(storage[2]) if len(storage) > 2 else 44_100,
        chords=tuple(int(degree) for degree in chords.split()),
        bars=bars,
        drums=drums,
        voice=voice,
        steps=int(steps),
    )


PIECES: Final = (
    _piece("Twelve Bells", 120, "A minor", "flac.flac", "1 6 3 7", "backbeat.bell.2"),
    _piece("Lighthouse", 90, "D major", "wav16.wav", "1 5 6 4", "soft.pluck.4", bars=6),
    _piece("Paper Boats", 100, "G major", "wav24.wav.96000", "1 4 6 5", "backbeat.pluck.2", bars=4),
    _piece("Comet Postcard", 150, "E major", "float.wav.48000", "1 6 4 5", "four.saw.2"),
    _piece("Night Train", 140, "E minor", "mp3.mp3", "1 7 6 7", "four.saw.2"),
    _piece("Slow Orchard", 72, "F major", "vorbis.ogg", "1 3 4 5", "soft.bell.2", bars=4),
    _piece("Copper Rain", 128, "C minor", "opus.opus.48000", "1 6 7 5", "four.pluck.4"),
    _piece("Café Lucerna", 110, "B-flat major", "aac.m4a", "2 5 1 6", "backbeat.flute.2"),
    _piece("Glass Stairs", 84, "F-sharp minor", "alac.m4a", "1 4 7 3", "soft.bell.4", bars=5),
    _piece("Field of Kites", 132, "A major", "aiff.aiff", "1 5 4 5", "backbeat.flute.2"),
    _piece("Old Clockmaker", 96, "D minor", "wma.wma", "1 4 1 5", "soft.pluck.2", bars=6),
    _piece("Snow Window", 66, "E-flat major", "matroska.mka.48000", "1 6 2 5", "none.bell.2", bars=4),
    _piece("Moth and Lantern", 116, "B minor", "webm.webm.48000", "1 6 3 7", "four.flute.2"),
    _piece("Pocket Radio", 104, "C major", "caf.caf.22050", "1 6 4 5", "backbeat.saw.2", bars=6),
    _piece("Tin Soldiers", 124, "G minor", "au.au", "1 7 6 5", "backbeat.pluck.4"),
    _piece("Wide River", 78, "A-flat major", "wavpack.wv", "1 5 6 4", "soft.flute.2", bars=4),
)
