"""Processor time of what a track gets beside its 25 numbers: digest, sub-fingerprints, timbre, tags and cover."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from statistics import median

from auralis_fp.analysis.analyze_file import fingerprint_file, warm_up_analysis
from auralis_fp.errors import FileError
from auralis_fp.files.content_id import payload_digest
from auralis_fp.schema.parts import SUB_FINGERPRINTS, TIMBRE
from auralis_fp.tags.reader import read_cover, read_file_tags

from . import history
from .music import table
from .options import Options
from .speed import cpu

_ROUNDS = 3


def report(options: Options) -> str:
    """Return a table of the processor time of each extra, relative to that of the 25 numbers."""
    warm_up_analysis()
    shares: dict[str, list[float]] = {}
    for path in options.files:
        for name, share in _shares(os.fsencode(path)).items():
            shares.setdefault(name, []).append(share)
    rows = [(name, 100 * median(found), 100 * max(found)) for name, found in shares.items()]
    if options.write:
        history.store("extras", {name: found for name, found, _ in rows})
    return "## What is computed beside the 25 numbers\n\n" + table(
        ("", "% of the processor time of the 25 numbers, median", "maximum"), rows
    )


def _shares(path: bytes) -> dict[str, float]:
    """Return the cost of each extra of a file relative to that of its fingerprint."""
    steps: dict[str, Callable[[bytes], object]] = {
        "fingerprint": lambda name: fingerprint_file(name, parts=None),
        "sub-fingerprints": lambda name: fingerprint_file(name, parts=(SUB_FINGERPRINTS,)),
        "timbre (off by default)": lambda name: fingerprint_file(name, parts=(TIMBRE,)),
        "digest of the audio": _digest,
        "tags": read_file_tags,
        "cover": _cover,
    }
    least = {name: float("inf") for name in steps}
    for _ in range(_ROUNDS):  # interleaved
        for name, step in steps.items():
            least[name] = min(least[name], cpu(step, path, rounds=1))
    whole, digest = least.pop("fingerprint"), least["digest of the audio"]
    for name in ("sub-fingerprints", "timbre (off by default)"):
        least[name] = max(0.0, least[name] - whole - digest)
    shares = {name: taken / whole for name, taken in least.items()}
    return {**shares, "together, without timbre": sum(shares.values()) - shares["timbre (off by default)"]}


def _digest(path: bytes) -> None:
    with Path(os.fsdecode(path)).open("rb", buffering=0) as file:
        payload_digest(file)


def _cover(path: bytes) -> None:
    with suppress(FileError, LookupError):  # most files have none
        read_cover(path)
