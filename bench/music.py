"""Shared helpers: decoded files and Markdown tables."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.errors import FileError


class Track(NamedTuple):
    """A decoded file; samples have shape (samples, channels), float32."""

    name: str
    samples: NDArray[np.float32]
    rate: int


def load(path: Path) -> Track | None:
    """Return the samples of a file, or None if it cannot be decoded."""
    try:
        with open_audio(os.fsencode(path)) as audio:
            blocks = [block.copy() for block in audio.blocks()]
            return Track(path.name, np.concatenate(blocks), audio.info.sample_rate) if blocks else None
    except FileError:
        return None


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [
        "| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
