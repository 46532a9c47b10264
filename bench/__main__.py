"""Run the measurements and print them as Markdown."""

import argparse
import os
import platform
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from auralis_fp.files.formats import is_music

from . import machine, page
from .options import Options

PARTS = (
    "accuracy",
    "near_silence",
    "stages",
    "speed",
    "extras",
    "memory",
    "http",
    "streams",
    "scan",
    "store",
    "host",
    "growth",
)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
LONG = (
    "cluster",
    "cluster_chaos",
    "cluster_manifest",
    "invariance",
    "spread",
    "tempo",
    "mutations",
    "mutants",
    "kills",
    "lists",
    "loop",
    "chaos",
    "map",
    "similarity",
    "similarity_speed",
    "tags",
    "version_3",
)


def main() -> int:
    """Measure; see ``--help``."""
    arguments = _parser().parse_args()
    files = sorted(path for path in arguments.music.rglob("*") if path.is_file() and is_music(os.fsencode(path)))
    if not files and {"accuracy", "stages", "speed", "scan", "streams"}.intersection(arguments.parts or PARTS):
        print(f"no music found in {arguments.music}", file=sys.stderr)
        return 2
    chosen = files[:: max(1, len(files) // arguments.most)][: arguments.most]
    head = header(f"; {len(chosen)} files" if chosen else "")
    options = Options(
        chosen,
        arguments.quick,
        arguments.scratch,
        arguments.minutes,
        arguments.seed,
        arguments.write,
        head,
        arguments.clips,
        arguments.packages_root,
    )
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))  # as in a worker; must be set before NumPy is imported
    sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))  # helpers of long tests
    print(head)
    for name in arguments.parts or PARTS:
        part = import_module(f"bench.{name}")  # imported on demand, because parts need different peers
        text = part.report(options)
        print(text, flush=True)
        if arguments.write:
            page.put(name, text, head)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure accuracy and cost, print Markdown.")
    parser.add_argument(
        "parts",
        nargs="*",
        choices=[*PARTS, *LONG, []],
        help=f"parts to measure; default: all except {', '.join(LONG)}",
    )
    parser.add_argument("--music", type=Path, default=Path("demo-library"), help="music folder (default %(default)s)")
    parser.add_argument("--most", type=int, default=30, help="maximum number of files (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller libraries")
    parser.add_argument(
        "--scratch", type=Path, help="folder for large temporary files (4 GB); accuracy continues there"
    )
    parser.add_argument(
        "--clips", type=Path, default=Path("tempo-set"), help="folder of the rendered tempo set (default %(default)s)"
    )
    parser.add_argument(
        "--packages-root", type=Path, default=Path("/"), help="folder with unpacked packages (default %(default)s)"
    )
    parser.add_argument("--minutes", type=float, default=5, help="duration of chaos (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="random seed of chaos (default %(default)s)")
    parser.add_argument("--write", action="store_true", help="also write the tables to docs/")
    return parser


def header(files: str) -> str:
    """Return commit, versions, machine and number of *files* of a measurement."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "soundfile", "av"))
    return f"Commit {commit.strip()}, Python {platform.python_version()}, {packages}; {machine.description()}{files}.\n"


if __name__ == "__main__":
    sys.exit(main())
