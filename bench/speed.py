"""Processor time, wall time and memory per track, compared with decoding and peers."""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from auralis_fp.runtime.kernels import VARIABLE

from . import history
from .music import table
from .options import Options
from .peer_runner import FORMER, FROM_SOURCE, NAMES, NUMPY
from .peers import BUILT, ending

FORMER_COMMIT: Final = "dd7bc5d"  # its reader is the measure of the targets
OURS: Final = "auralis_fp"
_ROUNDS: Final = 3
_SLOW = {"essentia": "essentia", "librosa": "librosa"}  # tens of seconds per track, so measured on a few files
_MODULES = {"bliss-audio": "bliss_audio", NUMPY: "auralis_fp_core", **_SLOW}

_Taken = list[float]  # processor seconds, wall seconds, peak MB
_Found = dict[str, dict[Path, list[_Taken]]]  # by program and file, one for each round


class _Peer:
    """A program in a process of its own. If the process ends, ``ended`` says how, and it is not asked again."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.ended = ""
        runner = [sys.executable, "-m", "bench.peer_runner", name, *arguments]
        command = [str(BUILT)] if name == FROM_SOURCE else runner
        environment = {**os.environ, VARIABLE: "numpy"} if name == NUMPY else None
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def measure(self, path: Path) -> _Taken | None:
        """Return what a file costs; None if the program cannot analyse it or has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self.ended:
            return None
        try:
            self._process.stdin.write(json.dumps(str(path)) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            code = self._process.wait()
            self.ended = f"{ending(code) or f'exit code {code}'} at {path.name}"
            return None
        found: _Taken | None = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()


def report(options: Options) -> str:
    """Return a table of the cost of each program and one of processor-time ratios per file."""
    slow_files = set(options.files[:: max(1, len(options.files) // (1 if options.quick else 3))][:3])
    with _peers() as peers:
        taken = _measure(peers, options.files, slow_files)
        ended = [f"* {peer.name} is left out from there on: {peer.ended}.\n" for peer in peers if peer.ended]
    ratios = _ratios(taken)
    if options.write:
        history.store("speed", {f"{name} {kind}": found for (name, kind), found in ratios.items()})
        history.plot(history.series("speed", "decoding all", "median"), "processor time / decoding, median")
    return (
        "## Speed\n\n"
        + _costs(taken)
        + ("\n" + "".join(ended) if ended else "")
        + "\nProcessor time of auralis_fp relative to others (of each file, the least of three interleaved rounds):\n\n"
        + _ratio_table(ratios)
        + _numpy_table(taken)
    )


def cpu(work: Callable[[bytes], object], path: bytes, rounds: int = 2) -> float:
    """Return the minimum processor time of the rounds in seconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work(path)
        best = min(best, time.process_time() - began)
    return best


@contextmanager
def _peers() -> Iterator[list[_Peer]]:
    """Start all programs that are installed, and end them."""
    with ExitStack() as stack:
        former = former_checkout(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        peers = []
        for name in NAMES:
            missing = {FORMER: former is None, FROM_SOURCE: not BUILT.exists()}
            if missing.get(name) or (name in _MODULES and not find_spec(_MODULES[name])):
                continue
            peers.append(_Peer(name, *([str(former)] if name == FORMER else [])))
            stack.callback(peers[-1].close)
        yield peers


def former_checkout(folder: Path) -> Path | None:
    """Extract the package of the commit that targets refer to; None without the history of the repository."""
    command = ["git", "archive", FORMER_COMMIT, "auralis_fp"]
    archive = subprocess.run(command, capture_output=True, check=False)
    if archive.returncode:
        return None
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as content:
        content.extractall(folder, filter="data")
    return folder


def _measure(peers: list[_Peer], files: Sequence[Path], slow_files: set[Path]) -> _Found:
    """Measure each file with all programs, round by round, so that a change of the load meets all of them."""
    taken: _Found = {peer.name: {} for peer in peers}
    for path in files:
        for turn in range(_ROUNDS):
            for peer in peers:
                if peer.name in _SLOW and (turn or path not in slow_files):
                    continue
                if (found := peer.measure(path)) is not None:
                    taken[peer.name].setdefault(path, []).append(found)
    return taken


def _least(rounds: list[_Taken]) -> _Taken:
    return [min(column) for column in zip(*rounds, strict=True)]


def _costs(taken: _Found) -> str:
    rows = [
        (name, len(files), *(median(_least(each)[column] for each in files.values()) for column in range(3)))
        for name, files in taken.items()
        if files
    ]
    return table(("median per track", "files", "processor, s", "wall, s", "peak memory, MB"), rows)


def _numpy_table(taken: _Found) -> str:
    """Return the ratios of the NumPy kernels to the other programs; empty where they are not measured."""
    if not taken.get(NUMPY):
        return ""
    ratios = _ratios(taken, NUMPY)
    return "\nThe same with NumPy instead of the compiled kernels:\n\n" + _ratio_table(ratios, NUMPY)


def _ratios(taken: _Found, who: str = OURS) -> dict[tuple[str, str], dict[str, float]]:
    """Return the processor time of *who* relative to each other program by format: median, quartiles and extremes."""
    ours, found = taken[who], {}
    kinds = sorted({path.suffix.lower() for path in ours})
    for name, files in taken.items():
        for kind in ("all", *(kinds if name not in _SLOW else ())):
            ratios = [
                _least(ours[path])[0] / _least(other)[0]
                for path, other in files.items()
                if path in ours and kind in ("all", path.suffix.lower())
            ]
            if ratios and name not in (who, OURS):
                found[name, kind] = _spread(ratios)
    return found


def _spread(ratios: list[float]) -> dict[str, float]:
    lower, upper = (ratios[0], ratios[0]) if len(ratios) == 1 else quantiles(ratios, method="inclusive")[::2]
    return {
        "files": len(ratios),
        "median": median(ratios),
        "lower quartile": lower,
        "upper quartile": upper,
        "minimum": min(ratios),
        "maximum": max(ratios),
    }


def _ratio_table(ratios: dict[tuple[str, str], dict[str, float]], who: str = OURS) -> str:
    head = (f"{who} /", "format", "files", "median", "lower quartile", "upper quartile", "minimum", "maximum")
    return table(head, [(name, kind, *found.values()) for (name, kind), found in ratios.items()])
