"""Accompaniments by MMA (Debian: mma): five grooves of each style of its library, at a tempo usual for the style."""

import gzip
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

LIBRARY: Final = Path("/usr/share/mma/lib")
_GROOVES: Final = 5  # of each style
_SECONDS: Final = 38
_CHORDS: Final = ("C", "Dm", "Em", "F", "G", "Am")
_COMPOUND: Final = {6, 9, 12}  # beats of the bar: the tapped beat is three of them
_COMPOUND_BPM: Final = (44.0, 95.0)
_ANY_BPM: Final = (70.0, 170.0)
_USUAL_BPM: Final = (
    (r"ballad|slow", 54, 86), (r"jazzwaltz|waltz", 88, 180),
    (r"swing|jazz|bigband|dixie|bebop|foxtrot|charleston", 110, 230), (r"bossa", 108, 150), (r"samba", 96, 124),
    (r"hiphop|rap|soul|rnb|r&b", 74, 110), (r"reggae", 66, 90), (r"ska", 110, 150),
    (r"techno|dance|house|disco|trance|euro", 112, 146), (r"punk|metal|hard", 130, 190), (r"rock|boogie", 96, 180),
    (r"march|polka", 100, 136), (r"tango|rhumba|bolero|beguine|chacha|cha-cha|mambo|salsa", 96, 132),
    (r"funk", 92, 122), (r"16beat|16 beat", 66, 108), (r"shuffle|blues", 76, 150),
    (r"country|bluegrass|western", 90, 160), (r"gospel", 70, 130),
)  # fmt: skip


class Accompaniment(NamedTuple):
    """A groove: file of the library, name, and beats per bar."""

    style: str
    groove: str
    time: int


def grooves() -> Iterator[Accompaniment]:
    """Yield grooves of all styles; introductions, endings and fills are left out."""
    for path in sorted((*LIBRARY.rglob("*.mma"), *LIBRARY.rglob("*.mma.gz"))):
        text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode(
            errors="replace"
        )
        written = re.search(r"^\s*Time\s+(\d+)", text, re.MULTILINE | re.IGNORECASE)
        names = re.findall(r"^\s*DefGroove\s+(\S+)", text, re.MULTILINE | re.IGNORECASE)
        names = [name for name in dict.fromkeys(names) if not re.search(r"(?i)(intro|end|fill|fade|temp)\d*$", name)]
        style = str(path.relative_to(LIBRARY)).removesuffix(".gz").removesuffix(".mma")
        random.Random(style).shuffle(names)
        for name in names[:_GROOVES]:
            yield Accompaniment(style, name, int(written[1]) if written else 4)


def write(groove: Accompaniment, folder: Path) -> tuple[Path, float] | None:
    """Write a MIDI file of a groove and return it with its tempo in BPM; None if MMA does not know the groove."""
    name = re.sub(r"\W+", "_", f"{groove.style}-{groove.groove}")
    source, path = folder / f"{name}.mma", folder / f"{name}.mid"
    dice = random.Random(name)
    bounds = next(
        (each[1:] for each in _USUAL_BPM if re.search(each[0], groove.style + groove.groove, re.IGNORECASE)), _ANY_BPM
    )
    compound = groove.time in _COMPOUND
    beat_bpm = dice.uniform(*(_COMPOUND_BPM if compound else bounds))
    bpm = beat_bpm * 3 if compound else beat_bpm
    chords = ["C", "Am", "F", "G"] * 2 if dice.random() < 0.3 else [dice.choice(_CHORDS) for _ in range(8)]
    bars = int(_SECONDS * bpm / 60 / groove.time) + 2
    lines = (f"Tempo {bpm:.2f}", f"Groove {groove.groove}", *(f"{bar + 1} {chords[bar % 8]}" for bar in range(bars)))
    if not path.exists():
        source.write_text("\n".join(lines) + "\n")
        subprocess.run(["mma", "-f", str(path), str(source)], capture_output=True, timeout=60, check=False)
    return (path, beat_bpm) if path.exists() else None
