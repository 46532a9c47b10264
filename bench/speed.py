"""Processor time of a track: decoding alone, the whole, and what peers take for theirs."""

import os
import time
from collections import defaultdict
from collections.abc import Callable

from auralis_fp.analysis.decode import open_audio
from auralis_fp.analysis.worker import fingerprint_file, rehearse
from auralis_fp.errors import FileError

from .music import table
from .options import Options


def report(options: Options) -> str:
    """Return a table of processor time by format, decoding and whole, and the ratio to each peer there is."""
    rehearse()
    peers = _peers()
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * (3 + len(peers)))
    for path in options.files:
        name = os.fsencode(path)
        try:
            seconds = fingerprint_file(name).metadata.duration_sec
        except FileError:
            continue
        others = [_peer_cpu(peer, name) for peer in peers.values()]
        if None in others:  # compared on what all can read
            continue
        times = [cpu(_decode, name), cpu(fingerprint_file, name), *(other for other in others if other is not None)]
        for row in (path.suffix.lower(), "all"):
            sums[row] = [total + value for total, value in zip(sums[row], [seconds, *times], strict=True)]
    rows = [
        (
            kind,
            round(seconds),
            1000 * decoding / seconds * 60,
            1000 * whole / seconds * 60,
            whole / decoding,
            *(whole / other for other in others),
        )
        for kind, (seconds, decoding, whole, *others) in sorted(sums.items())
    ]
    head = ["format", "seconds", "decoding, ms per minute", "whole, ms per minute", "whole / decoding"]
    return "## Speed\n\n" + table([*head, *(f"whole / {peer}" for peer in peers)], rows)


def cpu(work: Callable[[bytes], object], path: bytes, rounds: int = 2) -> float:
    """Return the least processor time of a few rounds, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        work(path)
        best = min(best, time.process_time() - began)
    return best


def _peer_cpu(work: Callable[[bytes], object], path: bytes) -> float | None:
    """Return the same of a peer; None if it gives up on the file."""
    try:
        return cpu(work, path)
    except BaseException as error:  # a panic of Rust code is no Exception
        if type(error).__name__ != "PanicException":
            raise
        return None


def _decode(path: bytes) -> None:
    with open_audio(path) as audio:
        for _ in audio.blocks():
            pass


def _peers() -> dict[str, Callable[[bytes], object]]:
    """Return the other programs that are installed."""
    found: dict[str, Callable[[bytes], object]] = {}
    try:
        import bliss_audio  # noqa: PLC0415 - heavy, and not everywhere
    except ImportError:
        return found
    found["bliss-audio"] = lambda path: bliss_audio.Song(os.fsdecode(path))
    return found
