"""What a measurement is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Music to measure on, whether to shorten what takes long, and where large files may go (None: as usual).

    ``clips`` is where the tempo set is, or is to be rendered.
    ``minutes`` is how long chaos lasts, ``seed`` that of its chance. ``write`` puts the tables into the
    documentation, with ``header``, which says what it was measured on.
    """

    files: Sequence[Path]
    quick: bool = False
    scratch: Path | None = None
    minutes: float = 5.0
    seed: int = 1
    write: bool = False
    header: str = ""
    clips: Path = Path("tempo-set")
