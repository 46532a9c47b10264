"""One program of several in a process of its own: reads paths, answers what each file took of it."""

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
"""What can be compared; the first two are ours."""


def main() -> None:
    """Answer each line (a path as JSON) with processor seconds, wall seconds, peak MB; null if it gives the file up."""
    work = _work(sys.argv[1])
    answers = sys.stdout
    sys.stdout = sys.stderr  # some print what they do
    for line in sys.stdin:
        print(json.dumps(_measured(work, json.loads(line))), file=answers, flush=True)


def _measured(work: Callable[[str], object], path: str) -> list[float] | None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    cpu, wall = time.process_time(), time.perf_counter()
    try:
        work(path)
    except BaseException as error:  # a panic of Rust code is no Exception
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        print(f"{sys.argv[1]} gives up on {path}: {error}", file=sys.stderr)
        return None
    return [time.process_time() - cpu, time.perf_counter() - wall, peak_mb(os.getpid())]


def _work(name: str) -> Callable[[str], object]:
    """Import a program, and return what makes it read a file."""
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
    from auralis_fp.analysis.decoding.stream import open_audio  # noqa: PLC0415 - not for the others' memory

    with open_audio(os.fsencode(path)) as audio:
        for _ in audio.blocks():
            pass


if __name__ == "__main__":
    main()
