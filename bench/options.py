"""Options of a measurement."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a measurement.

    Parameters
    ----------
    files : sequence of Path
        Music files to measure.
    quick : bool
        Shorten long measurements.
    scratch : Path or None
        Folder for large temporary files; None for the system default.
    minutes : float
        Duration of chaos.
    seed : int
        Random seed of chaos.
    write : bool
        Write the tables to the documentation.
    header : str
        Commit, versions and machine, written below the tables.
    clips : Path
        Folder of the rendered tempo set.
    packages_root : Path
        Folder that the music packages of Debian are unpacked in.
    """

    files: Sequence[Path]
    quick: bool = False
    scratch: Path | None = None
    minutes: float = 5.0
    seed: int = 1
    write: bool = False
    header: str = ""
    clips: Path = Path("tempo-set")
    packages_root: Path = Path("/")
