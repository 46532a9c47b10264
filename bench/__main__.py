"""Run the measurements and print them as Markdown."""

import argparse
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

from auralis_fp.formats import is_music

from . import accuracy, speed


def main() -> int:
    """Measure; see ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure accuracy and speed beside the peers.")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=["accuracy", "speed", "tempo", []],
        help="what to measure; accuracy and speed if not given",
    )
    parser.add_argument(
        "--music", type=Path, default=Path("demo-library"), help="folder of music (default %(default)s)"
    )
    parser.add_argument("--most", type=int, default=30, help="most files to take (default %(default)s)")
    parser.add_argument(
        "--clips", type=Path, default=Path("tempo-set"), help="where the tempo set is rendered (default %(default)s)"
    )
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.music.rglob("*") if path.is_file() and is_music(os.fsencode(path)))
    if not files:
        parser.error(f"there is no music in {arguments.music}")
    chosen = files[:: max(1, len(files) // arguments.most)][: arguments.most]
    print(header(len(chosen)))
    for name, part in (("accuracy", accuracy), ("speed", speed)):
        if not arguments.parts or name in arguments.parts:
            print(part.report(chosen), flush=True)
    if "tempo" in arguments.parts:
        from . import tempo  # noqa: PLC0415 needs fluidsynth and the bench extra, which the rest does not

        print(tempo.report(arguments.clips), flush=True)
    return 0


def header(files: int) -> str:
    """Return what the figures were measured on."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "soundfile", "av"))
    return (
        f"Commit {commit.strip()}, Python {platform.python_version()}, {packages}; {os.cpu_count()} processors,"
        f" {platform.machine()}, {platform.system()}; {files} files. numpy {np.__version__}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
