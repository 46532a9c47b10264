"""Processor time of the analysis compared with the last commit of algorithm version 3."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from auralis_fp.runtime.kernels import VARIABLE

from .music import table
from .options import Options
from .peer_runner import VERSION_3
from .speed import FORMER_COMMIT, former_checkout

_ROUNDS: Final = 3
_AIM: Final = 1.05
_HEAD: Final = ("files", "version 3, s", "version 4, s", "ratio, median", "quartiles", "extremes", "ratio of the sums")


def report(options: Options) -> str:
    """Return how the processor time of a whole analysis compares; both run interleaved, with the kernels of NumPy."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if former_checkout(Path(folder)) is None:
            return "## Version 3\n\nThe repository has no history, so version 3 was not measured.\n"
        former, ours = (stack.enter_context(_program(*given)) for given in ((VERSION_3, folder), ("auralis_fp",)))
        taken = [_least(former, ours, path) for path in options.files]
    ratios = [ours / former for former, ours in taken]
    before, after = (sum(column) for column in zip(*taken, strict=True))
    return (
        "## Version 3\n\n"
        f"Processor time of the analysis of a track, of each the least of {_ROUNDS} interleaved rounds, against commit"
        f" {FORMER_COMMIT} (aim {_AIM:g}):\n\n" + table(_HEAD, [_row(ratios, before, after)])
    )


def _row(ratios: Sequence[float], before: float, after: float) -> tuple[str, ...]:
    lower, upper = quantiles(ratios, method="inclusive")[::2] if len(ratios) > 1 else (ratios[0], ratios[0])
    return (
        str(len(ratios)),
        f"{before:.2f}",
        f"{after:.2f}",
        f"{median(ratios):.3f}",
        f"{lower:.3f} to {upper:.3f}",
        f"{min(ratios):.3f} to {max(ratios):.3f}",
        f"{after / before:.3f}",
    )


def _program(*arguments: str) -> "subprocess.Popen[str]":
    """Start a program that measures the paths on its stdin; see `peer_runner`."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench.peer_runner", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, VARIABLE: "numpy"},
    )


def _least(former: "subprocess.Popen[str]", ours: "subprocess.Popen[str]", path: Path) -> tuple[float, float]:
    """Return the least processor time of the rounds, of version 3 and of ours."""
    rounds = [(_cost(former, path), _cost(ours, path)) for _ in range(_ROUNDS)]
    first, second = (min(column) for column in zip(*rounds, strict=True))
    return first, second


def _cost(program: "subprocess.Popen[str]", path: Path) -> float:
    assert program.stdin is not None
    assert program.stdout is not None
    print(json.dumps(str(path)), file=program.stdin, flush=True)
    taken: list[float] = json.loads(program.stdout.readline())
    return taken[0]
