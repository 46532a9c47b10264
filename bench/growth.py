"""How the cost of a second of music grows with length, rate and channels."""

import os
import tempfile
from pathlib import Path

from auralis_fp.analysis.worker import fingerprint_file, rehearse

from .music import table
from .options import Options
from .sounds import track
from .speed import cpu

LENGTHS = (3, 10, 30, 60, 180, 600, 3600)
RATES = (22_050, 44_100, 48_000, 96_000, 192_000)


def report(options: Options) -> str:
    """Return a table of processor time per second of music by length, and one by rate."""
    rehearse()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        lengths = [_cost(Path(folder), seconds, 44_100) for seconds in LENGTHS[: -1 if options.quick else None]]
        rates = [_cost(Path(folder), 60, rate) for rate in RATES]
    usual = lengths[4]
    by_length = [(seconds, cost, cost / usual) for seconds, cost in zip(LENGTHS, lengths, strict=False)]
    by_rate = [(rate, cost, cost / rates[1]) for rate, cost in zip(RATES, rates, strict=True)]
    unit = "ms per second of music"
    return (
        "## Growth with length (44.1 kHz stereo WAV)\n\n"
        + table(("seconds", unit, f"/ that of {LENGTHS[4]} s"), by_length)
        + "\n## Growth with sample rate (one minute)\n\n"
        + table(("rate, Hz", unit, f"/ that of {RATES[1]} Hz"), by_rate)
    )


def _cost(folder: Path, seconds: int, rate: int) -> float:
    path = track(folder / "track.wav", seconds, rate)
    rounds = max(2, min(20, 120 // seconds))
    return 1000 * cpu(fingerprint_file, os.fsencode(path), rounds) / seconds
