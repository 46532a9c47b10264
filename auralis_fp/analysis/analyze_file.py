"""One file from its path to its fingerprint: the order of the stages, inside a worker process."""

import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from ..models import Analysed, TrackMetadata
from ..workers import sandbox as guest
from .decoding.stream import AudioStream, open_audio
from .extractor import FingerprintExtractor
from .types import FeatureValues

_REHEARSAL_RATE: Final = 44_100  # most music has it: what is laid out for a rate is there then


def fingerprint_file(path: bytes, bounds: Sequence[bytes] = ()) -> Analysed:
    """Decode a file and analyse it as it decodes.

    Parameters
    ----------
    path : bytes
        The file, as the operating system spells it.
    bounds : sequence of bytes
        Folders, free of links, one of which the file must lie below when it is opened; none: anywhere.

    Raises
    ------
    FileError
        The file cannot be used; stage, code and sentence say why.
    """
    guest.progress[0] = 0.0  # from here on the file is to blame
    started = time.perf_counter()
    with open_audio(path, bounds) as audio:
        info = audio.info
        guest.progress[1] = info.declared_sec or 0.0
        measured = _analyse(audio)
        metadata = TrackMetadata(
            duration_sec=round(audio.frames / info.sample_rate, 6),
            sample_rate=info.sample_rate,
            channels=info.channels,
            format=info.format,
            codec=info.codec,
            warnings=tuple(audio.warnings),
            undefined=measured.undefined,
        )
    milliseconds = (time.perf_counter() - started) * 1000
    return Analysed(measured.values, metadata, round(milliseconds, 3))


def _analyse(audio: AudioStream) -> FeatureValues:
    fingerprinter = FingerprintExtractor(audio.info.sample_rate, audio.info.positions)
    with np.errstate(all="raise", under="ignore"):  # a number that is none must not pass
        for block in audio.blocks():
            fingerprinter.feed(block)
            guest.progress[0] = audio.frames / audio.info.sample_rate
        return fingerprinter.finish()


def warm_up_analysis() -> None:
    """Analyse a moment of made-up sound, so that the first real file finds everything loaded."""
    fingerprinter = FingerprintExtractor(_REHEARSAL_RATE, ("FL", "FR"))
    noise = np.random.default_rng(0).standard_normal((_REHEARSAL_RATE, 2))
    fingerprinter.feed((noise * 0.1).astype(np.float32))
    fingerprinter.finish()
