"""Noise 1 dB above and 5 dB below the silence threshold for an hour, to detect accumulated errors."""

from typing import Final

import numpy as np

from auralis_fp import schema
from auralis_fp.analysis.extractor import FingerprintExtractor

from .music import table
from .options import Options

_RATE: Final = 44_100
_BLOCK_SEC: Final = 10


def report(options: Options) -> str:
    """Return the values for an hour (a minute with ``--quick``) at -69 and -75 dBFS."""
    seconds = 60 if options.quick else 3600
    rows = [_row(level_db, seconds) for level_db in (-69.0, -75.0)]
    head = ("noise, dBFS", "seconds", "silence_ratio", "lufs", "mid_pct", "undefined")
    return "## Near silence\n\n" + table(head, rows)


def _row(level_db: float, seconds: int) -> tuple[object, ...]:
    rng, sigma = np.random.default_rng(1), np.float32(10 ** (level_db / 20))
    extractor = FingerprintExtractor(_RATE, ("FL", "FR"))
    for _ in range(seconds // _BLOCK_SEC):
        extractor.add_block(sigma * rng.standard_normal((_BLOCK_SEC * _RATE, 2), dtype=np.float32))
    found = extractor.result()
    assert schema.fault_of(found.values) is None
    shown = (found.values[name] for name in ("silence_ratio", "lufs", "mid_pct"))
    return level_db, seconds, *shown, ", ".join(found.undefined)
