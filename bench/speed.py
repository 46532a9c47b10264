"""Processor time, wall time and memory per track, compared with decoding and peers."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from .music import table
from .options import Options
from .peer_runner import NAMES

_SLOW = {"essentia": "essentia", "librosa": "librosa"}  # tens of seconds per track, so measured on a few files
_MODULES = {"bliss-audio": "bliss_audio", **_SLOW}

_Taken = list[float]  # processor seconds, wall seconds, peak MB


def report(options: Options) -> str:
    """Return a table of the cost of each program and one of processor-time ratios per file."""
    names = [name for name in NAMES if name not in _MODULES or find_spec(_MODULES[name])]
    slow_files = set(options.files[:: max(1, len(options.files) // (1 if options.quick else 3))][:3])
    children = {name: _start(name) for name in names}
    taken: dict[str, dict[Path, _Taken]] = {name: {} for name in names}
    try:
        for path in options.files:
            for name in (name for name in names if name not in _SLOW or path in slow_files):
                found = [_ask(children[name], path) for _ in range(1 if name in _SLOW else 3)]  # interleaved
                usable = [each for each in found if each is not None]
                if usable:
                    taken[name][path] = [min(column) for column in zip(*usable, strict=True)]
    finally:
        for child in children.values():
            child.terminate()
            child.wait()
    return (
        "## Speed\n\n"
        + _costs(taken)
        + "\nProcessor time of auralis_fp relative to others, per file:\n\n"
        + _ratios(taken)
    )


def cpu(work: Callable[[bytes], object], path: bytes, rounds: int = 2) -> float:
    """Return the minimum processor time of the rounds in seconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work(path)
        best = min(best, time.process_time() - began)
    return best


def _start(name: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.peer_runner", name]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, **pipes)  # type: ignore[call-overload,no-any-return]


def _ask(child: "subprocess.Popen[str]", path: Path) -> _Taken | None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(str(path)) + "\n")
    child.stdin.flush()
    answer = child.stdout.readline()
    if not answer:
        raise RuntimeError(f"A program to compare with ended at {path}.")
    found: _Taken | None = json.loads(answer)
    return found


def _costs(taken: dict[str, dict[Path, _Taken]]) -> str:
    rows = [
        (name, len(files), *(median(each[column] for each in files.values()) for column in range(3)))
        for name, files in taken.items()
        if files
    ]
    return table(("median per track", "files", "processor, s", "wall, s", "peak memory, MB"), rows)


def _ratios(taken: dict[str, dict[Path, _Taken]]) -> str:
    """Return median and range of our processor time relative to each program, by format."""
    ours, rows = taken["auralis_fp"], []
    kinds = sorted({path.suffix.lower() for path in ours})
    for name, files in taken.items():
        for kind in ("all", *(kinds if name not in _SLOW else ())):
            ratios = [
                ours[path][0] / other[0]
                for path, other in files.items()
                if path in ours and kind in ("all", path.suffix.lower())
            ]
            if ratios and name != "auralis_fp":
                rows.append((name, kind, len(ratios), median(ratios), min(ratios), max(ratios)))
    return table(("auralis_fp /", "format", "files", "median", "minimum", "maximum"), rows)
