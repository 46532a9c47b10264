"""Analysis of one file: decoding and feature extraction, block by block."""

import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

import numpy as np

from ..models import Analysed, ComputedParts, TrackMetadata
from ..runtime.allocator import keep_freed_memory
from ..runtime.kernels import kernels_in_use
from ..schema.parts import ALL, PartKind
from .decoding.stream import AudioStream, open_audio
from .extractor import FingerprintExtractor
from .parts import Parts, StandaloneParts
from .types import FeatureValues

Progress = Callable[[float, float], None]
_WARM_UP_RATE: Final = 44_100  # the most common rate: its tables are cached afterwards


def _ignored(_decoded_sec: float, _duration_sec: float) -> None:
    """Ignore the progress."""


def fingerprint_file(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    progress: Progress = _ignored,
    parts: Collection[PartKind] | None = ALL,
) -> Analysed:
    """Decode and analyse a file.

    Parameters
    ----------
    file : bytes or int
        Path as the operating system spells it, or the descriptor of an open file, which is closed.
    bounds : sequence of bytes
        Folders without symbolic links; a file opened by its path must lie below one of them. Empty: no restriction.
    progress : callable, optional
        Called with the seconds decoded so far and the declared length in seconds (0 if unknown).
    parts : collection of PartKind or None
        Parts to compute beside the fingerprint; None leaves out the digest of the payload, too.

    Raises
    ------
    FileError
        The file cannot be analysed; its stage, code and message give the reason.
    """
    started = time.perf_counter()
    with open_audio(file, bounds) as audio:
        info = audio.info
        wanted = Parts(parts or (), info.sample_rate, info.positions)
        features = _analyse(audio, wanted, progress)
        metadata = TrackMetadata(
            duration_sec=round(audio.frames / info.sample_rate, 6),
            sample_rate=info.sample_rate,
            channels=info.channels,
            format=info.format,
            codec=info.codec,
            warnings=tuple(audio.warnings),
            undefined=features.undefined,
            decoder=info.decoder,
            kernels=kernels_in_use(),
            tempo=features.tempo,
        )
        # from the page cache: decoding has just read the file
        digest = None if parts is None else audio.payload_digest()
    milliseconds = (time.perf_counter() - started) * 1000
    return Analysed(features.values, metadata, round(milliseconds, 3), payload_digest=digest, parts=wanted.result())


def _analyse(audio: AudioStream, parts: Parts, progress: Progress) -> FeatureValues:
    on_spectra = parts.accumulate if parts.need_spectra else None
    extractor = FingerprintExtractor(audio.info.sample_rate, audio.info.positions, on_spectra)
    declared_sec = audio.info.declared_sec or 0.0
    progress(0.0, declared_sec)
    with np.errstate(all="raise", under="ignore"):  # no NaN or infinity may pass silently
        for block in audio.blocks():
            extractor.add_block(block)
            parts.add_block(block)
            progress(audio.frames / audio.info.sample_rate, declared_sec)
        return extractor.result()


def compute_file_parts(
    file: bytes | int,
    bounds: Sequence[bytes] = (),
    progress: Progress = _ignored,
    wanted: Collection[PartKind] = ALL,
) -> ComputedParts:
    """Decode a file whose fingerprint is known, and compute further parts.

    Parameters
    ----------
    file, bounds, progress
        As in `fingerprint_file`.
    wanted : collection of PartKind

    Raises
    ------
    FileError
        The file cannot be decoded.
    """
    with open_audio(file, bounds) as audio:
        info = audio.info
        parts = StandaloneParts(wanted, info.sample_rate, info.positions)
        with np.errstate(all="raise", under="ignore"):
            for block in audio.blocks():
                parts.add_block(block)
                progress(audio.frames / info.sample_rate, info.declared_sec or 0.0)
                if parts.complete:
                    break
            return ComputedParts(parts.result(), audio.payload_digest())


def warm_up_analysis() -> None:
    """Analyse one second of noise, so that imports, tables and memory are ready for the first file."""
    keep_freed_memory()
    extractor = FingerprintExtractor(_WARM_UP_RATE, ("FL", "FR"))
    noise = np.random.default_rng(0).standard_normal((_WARM_UP_RATE, 2))
    extractor.add_block((noise * 0.1).astype(np.float32))
    extractor.result()
