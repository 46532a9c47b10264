"""Analysis of one file: decoding and feature extraction, block by block."""

import time
from collections.abc import MutableSequence, Sequence
from typing import Final

import numpy as np

from ..models import Analysed, Part, TrackMetadata
from ..schema import sub_fingerprints
from .decoding.stream import AudioStream, open_audio
from .extractor import FingerprintExtractor
from .sub_fingerprints import SubFingerprints
from .types import FeatureValues

_WARM_UP_RATE: Final = 44_100  # the most common rate: its tables are cached afterwards


def fingerprint_file(
    path: bytes, bounds: Sequence[bytes] = (), progress: MutableSequence[float] | None = None
) -> Analysed:
    """Decode and analyse a file.

    Parameters
    ----------
    path : bytes
        The file, as the operating system spells it.
    bounds : sequence of bytes
        Folders without symbolic links; the opened file must lie below one of them. Empty: no restriction.
    progress : mutable sequence of two floats, optional
        Receives the seconds decoded so far and the declared length in seconds (0 if unknown).

    Raises
    ------
    FileError
        The file cannot be analysed; its stage, code and message give the reason.
    """
    reported: MutableSequence[float] = [0.0, 0.0] if progress is None else progress
    reported[0] = 0.0  # the worker has reached the file: a crash from here on is the file's
    started = time.perf_counter()
    with open_audio(path, bounds) as audio:
        info = audio.info
        reported[1] = info.declared_sec or 0.0
        features, part = _analyse(audio, reported)
        metadata = TrackMetadata(
            duration_sec=round(audio.frames / info.sample_rate, 6),
            sample_rate=info.sample_rate,
            channels=info.channels,
            format=info.format,
            codec=info.codec,
            warnings=tuple(audio.warnings),
            undefined=features.undefined,
            decoder=info.decoder,
        )
        digest = audio.payload_digest()  # from the page cache: decoding has just read the file
    milliseconds = (time.perf_counter() - started) * 1000
    return Analysed(features.values, metadata, round(milliseconds, 3), payload_digest=digest, parts=(part,))


def _analyse(audio: AudioStream, progress: MutableSequence[float]) -> tuple[FeatureValues, Part]:
    extractor = FingerprintExtractor(audio.info.sample_rate, audio.info.positions)
    bits = SubFingerprints(audio.info.sample_rate, audio.info.channels)
    with np.errstate(all="raise", under="ignore"):  # no NaN or infinity may pass silently
        for block in audio.blocks():
            extractor.add_block(block)
            bits.add_block(block)
            progress[0] = audio.frames / audio.info.sample_rate
        return extractor.result(), Part(sub_fingerprints.NAME, sub_fingerprints.VERSION, bits.result())


def warm_up_analysis() -> None:
    """Analyse one second of noise, so that imports and tables are ready for the first file."""
    extractor = FingerprintExtractor(_WARM_UP_RATE, ("FL", "FR"))
    noise = np.random.default_rng(0).standard_normal((_WARM_UP_RATE, 2))
    extractor.add_block((noise * 0.1).astype(np.float32))
    extractor.result()
