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

BARE = "bare PyAV"
FORMER = "former reader"
VERSION_3 = "version 3"  # the whole analysis of the same commit
NUMPY = "auralis_fp, NumPy"
FROM_SOURCE = "bliss-audio, from source"
NAMES = (BARE, FORMER, "decoding", "auralis_fp", NUMPY, FROM_SOURCE, "bliss-audio", "essentia", "librosa")
"""Programs that can be measured: two loops to compare the decoding with, then ours, then others."""


def main() -> None:
    """Answer each line (a path as JSON) with processor seconds, wall seconds and peak MB, or null on failure.

    The arguments are a name and, for the former reader and version 3, the folder of their checkout.
    """
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
    if name == BARE:
        return _decode_bare
    if name in (FORMER, VERSION_3):
        sys.path.insert(0, sys.argv[2])
    if name == FORMER:
        return _reader(import_module("auralis_fp.analysis.decode").open_audio)
    if name == VERSION_3:
        former: Any = import_module("auralis_fp.analysis.worker")
        return lambda path: former.fingerprint_file(os.fsencode(path))
    worker: Any = import_module("auralis_fp.analysis.analyze_file")
    worker.warm_up_analysis()
    if name == "decoding":
        return _reader(import_module("auralis_fp.analysis.decoding.stream").open_audio)
    return lambda path: worker.fingerprint_file(os.fsencode(path), parts=None)  # as ``analyze`` does


def _reader(open_audio: Any) -> Callable[[str], object]:
    """Return a function that decodes with a reader of ours and drops the samples."""

    def decode(path: str) -> None:
        with open_audio(os.fsencode(path)) as audio:
            for _ in audio.blocks():
                pass

    return decode


def _decode_bare(path: str) -> None:
    """Decode the way the documentation of PyAV shows, in one thread."""
    av: Any = import_module("av")
    with av.open(path) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            pass


if __name__ == "__main__":
    main()
