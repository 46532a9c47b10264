"""Processor time per second of music by duration, sample rate and channels."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from auralis_fp.analysis.analyze_file import fingerprint_file, warm_up_analysis

from .music import table
from .options import Options
from .page import DOCS
from .plot import line
from .signals import music, track, write
from .speed import cpu

LENGTHS: Final = {
    "3 s": 3,
    "10 s": 10,
    "30 s": 30,
    "1 min": 60,
    "3 min": 180,
    "10 min": 600,
    "1 h": 3600,
    "3 h": 10_800,
}
USUAL: Final = "3 min"
RATES: Final = (22_050, 44_100, 48_000, 96_000, 192_000)
CHANNELS: Final = (1, 2, 6, 8)
PLOT: Final = DOCS / "images" / "growth.svg"


def report(options: Options) -> str:
    """Return tables of processor time per second of music by length, rate and channels."""
    warm_up_analysis()
    names = list(LENGTHS)[: -2 if options.quick else None]
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        track_file = Path(folder) / "track.wav"
        lengths = [_cost(track(track_file, LENGTHS[name]), LENGTHS[name]) for name in names]
        rates = [_cost(track(track_file, 60, rate), 60) for rate in RATES]
        channels = [_cost(_wide(track_file, count), 60) for count in CHANNELS]
    if options.write:
        points = list(zip((LENGTHS[name] for name in names), lengths, strict=True))
        line(PLOT, points, names, ("duration of the file", "ms of processor time per second of music"))
    return (
        "### Length (44.1 kHz stereo WAV)\n\n"
        + _table("length", names, lengths, names.index(USUAL))
        + "\n### Sample rate (one minute)\n\n"
        + _table("rate, Hz", RATES, rates, RATES.index(44_100))
        + "\n### Channels (one minute)\n\n"
        + _table("channels", CHANNELS, channels, CHANNELS.index(2))
    )


def _table(what: str, names: Sequence[object], costs: Sequence[float], usual: int) -> str:
    rows = [(name, cost, cost / costs[usual]) for name, cost in zip(names, costs, strict=True)]
    return table((what, "ms per second of music", f"/ that of {names[usual]}"), rows)


def _wide(path: Path, channels: int) -> Path:
    """Write a minute of music with *channels* different channels."""
    pairs = [music(60, 44_100, seed) for seed in range((channels + 1) // 2)]
    return write(path, np.concatenate(pairs, axis=1)[:, :channels], 44_100)


def _cost(path: Path, seconds: int) -> float:
    rounds = max(1, min(20, 600 // seconds))
    return 1000 * cpu(fingerprint_file, os.fsencode(path), rounds) / seconds
