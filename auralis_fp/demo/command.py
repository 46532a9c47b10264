"""The command: which files are missing, one line for each that is made."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from .pieces import BROKEN, PIECES, Piece

BROKEN_BYTES: Final = 2_000


def main(argv: Sequence[str] | None = None) -> int:
    """Fill a folder with the demo library; see ``--help``. What is already there stays."""
    parser = argparse.ArgumentParser(
        prog="python -m auralis_fp.demo",
        description=f"Synthesise {len(PIECES)} short pieces of music, each stored in another way, and one broken file.",
        epilog="Each name tells tempo and key. Files that exist are kept, so a second run does nothing.",
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="folder to fill; made if it does not exist")
    directory: Path = parser.parse_args(argv).directory
    try:
        made = fill(directory, _say)
    except OSError as error:
        sys.stderr.write(f"cannot write the demo library: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; a second run makes what is missing\n")
        return 130
    _say(f"{made} of {len(PIECES) + 1} files made in {directory}" if made else f"{directory} is complete")
    return 0


def fill(directory: Path, say: Callable[[str], None]) -> int:
    """Make every file that is missing, and return how many were.

    Raises
    ------
    OSError
        The folder or a file in it cannot be written.
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
    """Have *write* fill a temporary file and give it its name only when it is whole."""
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _play(piece: Piece, part: Path) -> None:
    from .encoding import encode  # noqa: PLC0415 - numpy and the encoders only when something is to be played
    from .synthesis import play  # noqa: PLC0415 - as above

    encode(piece, play(piece), part)


def _write_noise(part: Path) -> None:
    noise = Random(BROKEN).randbytes(BROKEN_BYTES)  # noqa: S311 - not a secret
    part.write_bytes(noise.replace(b"\xff", b"\x00"))  # no byte may start an MPEG frame


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
