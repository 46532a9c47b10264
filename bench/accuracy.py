"""Every number that somebody else computes too, on the same files."""

import json
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple, TypedDict

import numpy as np

from auralis_fp.analysis.analyze_file import fingerprint_file
from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import FileError
from auralis_fp.schema import NAMES

from .comparison import Comparison
from .music import load, table
from .options import Options
from .references import FFMPEG

PAGE: Final = Path(__file__).parent.parent / "docs" / "accuracy.md"
FIGURES: Final = PAGE.with_suffix(".json")  # read by docs/generate.py
_NOTES: Final = """
Shares of agreeing frames and F-measures stand beside 1, distances beside 0: their "median difference" is what lacks,
or how far it is. The ffmpeg program prints tenths, of which up to 0.05 is rounding. Held notes, attacks and pitches are
those of the first half minute, for both; all else is of whole files.

Centroid, rolloff and flatness are the definition written again (`bench/plain_frames.py`): frames of numpy in double
precision, whose constant is taken out, silent ones left out, bins shared out on the edge at 20 kHz; librosa's functions
on them, its rolloff interpolated inside the bin.

What is looked for: bands within 0.5 points on every track and 0.1 in the median, loudness within 0.1 LU, centroid and
rolloff within 1 %, the harmonic ratio in the same order (.95). Where bands are some tenths apart, a steady tone lies on
the edge of two. Where ffmpeg's loudness is more than 0.1 LU away and libebur128's is not, the sound is so short that
which of a handful of blocks falls under the gate decides: the two seconds of `hog_freeze.flac`, ten times in a row, are
0.1 LU from ffmpeg.

Attacks differ from librosa's by design: ours ask for a rise of the power by 3 dB, so that steady strings and hissing
noises, of which there are some among the files, have few.
Where several voices sound, one YIN is not the other: ours takes the power of all channels up to 5 kHz, theirs a mono
mix.

Tempo is compared in [tempo.md](tempo.md).
"""
_PEERS: Final = ("librosa", "pyebur128", "essentia", "mir_eval")
_HEAD: Final = ("dimension", "against", "tracks", "median difference", "largest", "rank correlation", "largest on")


class Figure(TypedDict):
    """One row: how far our values of one dimension lie from somebody's, over all tracks."""

    dimension: str
    against: str
    unit: str
    tracks: int
    median: float
    largest: float
    rank_correlation: float | None
    largest_on: str


class _Scored(NamedTuple):
    file: str
    comparisons: tuple[Comparison, ...]


def report(options: Options) -> str:
    """Return a table of differences between our values and those of others."""
    found = figures(options.files)
    if options.write:
        write(found, options.header)
    return "## Accuracy\n\n" + _text(found)


def figures(files: Sequence[Path]) -> list[Figure]:
    """Compare on every file that can be decoded and lasts a second or more, in as many processes as there are cores."""
    gathered: dict[tuple[str, str], list[tuple[str, Comparison]]] = defaultdict(list)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for scored in pool.map(_score, files):
            for comparison in scored.comparisons:
                gathered[comparison.dimension, comparison.against].append((scored.file, comparison))
    return [_figure(gathered[key]) for key in sorted(gathered, key=lambda key: NAMES.index(key[0]))]


def write(found: Sequence[Figure], header: str) -> None:
    """Write the page and the figures that other pages quote."""
    peers = ", ".join(f"{name} {version(name)}" for name in _PEERS)
    ffmpeg = "the ffmpeg program" if FFMPEG else "no ffmpeg program"
    PAGE.write_text(
        "# Beside others, on real music\n\n"
        "<!-- written by `python -m bench accuracy --write --music FOLDER`; do not edit -->\n\n"
        f"{header}Peers: {peers}, {ffmpeg}.\n\n{_text(found)}{_NOTES}",
        encoding="utf-8",
    )
    FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _score(path: Path) -> _Scored:
    from .listeners import heard  # noqa: PLC0415 - essentia prints while it loads, and only workers need it
    from .references import comparisons  # noqa: PLC0415 - with it

    try:
        ours = fingerprint_file(os.fsencode(path)).fingerprint
        with open_audio(os.fsencode(path)) as audio:
            positions = audio.info.positions
    except FileError:
        return _Scored(path.name, ())
    track = load(path)
    if track is None or len(track.samples) < track.rate:
        return _Scored(path.name, ())
    return _Scored(path.name, (*comparisons(track, ours), *heard(track, positions)))


def _figure(rows: Sequence[tuple[str, Comparison]]) -> Figure:
    comparisons = [comparison for _, comparison in rows]
    mine, theirs = np.array([(each.ours, each.theirs) for each in comparisons]).T
    relative = comparisons[0].relative
    error = np.abs(100 * (mine / np.maximum(theirs, 1e-9) - 1)) if relative else np.abs(mine - theirs)
    varied = len(mine) > 2 and np.ptp(mine) > 0 and np.ptp(theirs) > 0
    return Figure(
        dimension=comparisons[0].dimension,
        against=comparisons[0].against,
        unit="percent" if relative else "",
        tracks=len(mine),
        median=float(np.median(error)),
        largest=float(error.max()),
        rank_correlation=float(np.corrcoef(_ranks(mine), _ranks(theirs))[0, 1]) if varied else None,
        largest_on=rows[int(error.argmax())][0],
    )


def _ranks(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Return the place of each value in their order; equal ones share theirs."""
    ordered = np.sort(values)
    return (np.searchsorted(ordered, values) + np.searchsorted(ordered, values, side="right")) / 2


def _text(found: Sequence[Figure]) -> str:
    rows = [
        (
            f"`{each['dimension']}`",
            each["against"],
            each["tracks"],
            f"{each['median']:.2g} {'%' if each['unit'] else ''}".strip(),
            f"{each['largest']:.2g} {'%' if each['unit'] else ''}".strip(),
            "–" if each["rank_correlation"] is None else f"{each['rank_correlation']:.3f}",
            each["largest_on"],
        )
        for each in found
    ]
    return table(_HEAD, rows)
