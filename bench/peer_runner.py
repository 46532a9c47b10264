"""Run one implementation in a process; read paths from stdin and print the cost of each file."""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from .running import peak_mb

NAMES = ("decoding", "auralis_fp", "bliss-audio", "essentia", "librosa")
"""Programs that can be measured; the first two are ours."""


def main() -> None:
    """Answer each line (a path as JSON) with processor seconds, wall seconds and peak MB, or null on failure."""
    work = _work(sys.argv[1])
    answers = sys.stdout
    sys.stdout = sys.stderr  # some implementations print to stdout
    for line in sys.stdin:
        print(json.dumps(_measured(work, json.loads(line))), file=answers, flush=True)


def _measured(work: Callable[[str], object], path: str) -> list[float] | None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # reset the peak
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        work(path)
    except BaseException as error:  # Rust panics do not derive from Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        print(f"{sys.argv[1]} failed on {path}: {error}", file=sys.stderr)
        return None
    return [time.process_time() - cpu, time.perf_counter() - wall, peak_mb(os.getpid())]


def _work(name: str) -> Callable[[str], object]:
    """Import an implementation and return its analysis function."""
    found: Any = None
    if name == "bliss-audio":
        found = import_module("bliss_audio").Song
    elif name == "essentia":
        import_module("essentia").log.infoActive = False
        found = import_module("essentia.standard").MusicExtractor()
    elif name == "librosa":
        found = import_module("bench.librosa_same").fingerprint
    if found is not None:
        work: Callable[[str], object] = found
        return work
    worker: Any = import_module("auralis_fp.analysis.analyze_file")
    worker.warm_up_analysis()
    if name == "auralis_fp":
        return lambda path: worker.fingerprint_file(os.fsencode(path))
    return _decode


def _decode(path: str) -> None:
    from auralis_fp.analysis.decoding.stream import open_audio  # noqa: PLC0415 - would add to the memory of other implementations

    with open_audio(os.fsencode(path)) as audio:
        for _ in audio.blocks():
            pass


if __name__ == "__main__":
    main()
