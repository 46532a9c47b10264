"""The command: creates missing files and prints one line for each."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from ..runtime.standard_streams import open_standard_streams
from .pieces import BROKEN, PIECES, Piece

BROKEN_BYTES: Final = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Create the demo library in a folder, keeping existing files; see ``--help``."""
    open_standard_streams()
    parser = argparse.ArgumentParser(
        prog="python -m auralis_fp.demo",
        description=f"Synthesise {len(PIECES)} short pieces of music, each in a different format, and one broken file.",
        epilog="File names contain tempo and key. Existing files are kept.",
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder; created if it does not exist")
    directory: Path = parser.parse_args(argv).directory
    try:
        made = fill(directory, _say)
    except OSError as error:
        sys.stderr.write(f"cannot write the demo library: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; run again to create the missing files\n")
        return 130
    _say(f"{made} of {len(PIECES) + 1} files created in {directory}" if made else f"{directory} is complete")
    return 0


def fill(directory: Path, say: Callable[[str], None]) -> int:
    """Create the missing files, and return their number.

    Parameters
    ----------
    directory : Path
    say : callable
        Called with a line for each file.

    Raises
    ------
    OSError
        The folder or a file cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    missing = [piece for piece in PIECES if not (directory / piece.name).exists()]
    for place, piece in enumerate(missing, 1):
        place_file(directory / piece.name, partial(_play, piece))
        say(f"[{place}/{len(missing)}] {piece.name}")
    broken = directory / BROKEN
    if broken.exists():
        return len(missing)
    place_file(broken, _write_noise)
    say(f"{BROKEN} (broken on purpose)")
    return len(missing) + 1


def place_file(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file atomically.

    Parameters
    ----------
    path : Path
    write : callable
        Called with the path of a temporary file.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _play(piece: Piece, part: Path) -> None:
    from .encoding import encode  # numpy and the encoders are slow to import
    from .synthesis import play

    encode(piece, play(piece), part)


def _write_noise(part: Path) -> None:
    noise = Random(BROKEN).randbytes(BROKEN_BYTES)  # noqa: S311 - not a secret
    part.write_bytes(noise.replace(b"\xff", b"\x00"))  # no MPEG frame header can occur


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
