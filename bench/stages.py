"""Processor time of one track by stage."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np

from auralis_fp.analysis.decoding.stream import open_audio
from auralis_fp.analysis.extractor import FingerprintExtractor
from auralis_fp.analysis.features.harmonic import Harmonic
from auralis_fp.analysis.features.spectral import Spectral
from auralis_fp.analysis.features.temporal import Temporal
from auralis_fp.analysis.kernels import subband
from auralis_fp.analysis.level.levels import LevelMeter
from auralis_fp.analysis.level.loudness import LoudnessMeter
from auralis_fp.analysis.spectrum.ltas import LongTermAverageSpectrum
from auralis_fp.analysis.spectrum.stft import StreamingSTFT
from auralis_fp.analysis.tonal.chroma import Chroma
from auralis_fp.analysis.tonal.hpss import HPSS
from auralis_fp.analysis.tonal.pitch import PitchTracker
from auralis_fp.analysis.types import FloatArray

from .music import table
from .options import Options

LONGEST_SEC: Final = 320
STAGES: Final[Sequence[tuple[str, Any, tuple[str, ...]]]] = (
    ("STFT and decimated sub-bands", StreamingSTFT, ("_transform_pair",)),
    ("STFT of the sub-bands", subband, ("subband_power",)),
    ("pitch", PitchTracker, ("track", "stability")),
    ("harmonic-percussive separation", HPSS, ("separate", "harmonic_ratio")),
    ("levels", LevelMeter, ("measure", "levels")),
    ("centroid, rolloff, flatness", Spectral, ("accumulate", "features")),
    ("onset strength", Temporal, ("accumulate",)),
    ("tempo and rhythm", Temporal, ("features",)),
    ("chroma", Chroma, ("accumulate", "concentration")),
    ("loudness", LoudnessMeter, ("accumulate", "loudness")),
    ("long-term average spectrum", LongTermAverageSpectrum, ("accumulate", "band_energies")),
    ("harmonic family", Harmonic, ("accumulate", "features")),
    ("framing and the rest", FingerprintExtractor, ("add_block", "result")),
)

_Times = dict[str, list[float]]


def report(options: Options) -> str:
    """Return a table of milliseconds per minute of music, the minimum of several rounds per call."""
    path = max((path for path in options.files if _seconds(path) <= LONGEST_SEC), key=_seconds)
    with open_audio(os.fsencode(path)) as audio:
        blocks = [block.copy() for block in audio.blocks()]
        minutes = audio.frames / audio.info.sample_rate / 60
        rate, positions = audio.info.sample_rate, audio.info.positions
    rounds = 5 if options.quick else 20
    least: dict[str, float] = {}
    decoding = min(_decode(path) for _ in range(rounds))
    found = [_analyse(blocks, rate, positions) for _ in range(rounds)]
    for name, *_ in STAGES:
        least[name] = sum(min(times) for times in zip(*(each[name] for each in found), strict=True))
    whole = sum(least.values())
    rows = [
        ("decoding", 1000 * decoding / minutes, "–"),
        *(
            (name, 1000 * seconds / minutes, f"{100 * seconds / whole:.0f} %")
            for name, seconds in sorted(least.items(), key=lambda item: -item[1])
        ),
        ("analysis", 1000 * whole / minutes, "100 %"),
    ]
    head = ("stage", "ms per minute of music", "share of the analysis")
    return f"## Stages ({60 * minutes:.0f} s of {path.suffix[1:]}, {rate} Hz)\n\n" + table(head, rows)


def _seconds(path: Path) -> float:
    with open_audio(os.fsencode(path)) as audio:
        return audio.info.declared_sec or 0.0


def _decode(path: Path) -> float:
    began = time.thread_time()
    with open_audio(os.fsencode(path)) as audio:
        for _ in audio.blocks():
            pass
    return time.thread_time() - began


def _analyse(blocks: Sequence[FloatArray], rate: int, positions: tuple[str, ...]) -> _Times:
    """Return the exclusive time of each call of each stage."""
    with _watched() as times, np.errstate(all="raise", under="ignore"):
        extractor = FingerprintExtractor(rate, positions)
        for block in blocks:
            extractor.add_block(block)
        extractor.result()
    return times


@contextmanager
def _watched() -> Iterator[_Times]:
    """Time the stages within the context."""
    times: _Times = defaultdict(list)
    inner: list[float] = []  # time of nested calls
    with ExitStack() as stack:
        for name, owner, methods in STAGES:
            for method in methods:
                plain = getattr(owner, method)
                setattr(owner, method, _timed(plain, name, times, inner))
                stack.callback(setattr, owner, method, plain)
        yield times


def _timed(plain: Callable[..., Any], name: str, times: _Times, inner: list[float]) -> Callable[..., Any]:
    def timed(*given: Any) -> Any:
        inner.append(0.0)
        began = time.thread_time()
        try:
            return plain(*given)
        finally:
            taken = time.thread_time() - began
            times[name].append(taken - inner.pop())
            if inner:
                inner[-1] += taken

    return timed
