"""Encoders: libsndfile where it supports the format, FFmpeg otherwise."""

from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import numpy as np
import soundfile

from .pieces import Piece
from .synthesis import Signal


class _Recipe(NamedTuple):
    """Container, codec and sample format for FFmpeg, and kbit/s of lossy codecs."""

    container: str
    codec: str
    sample_format: str
    kbits: int | None = None


SNDFILE: Final = {
    "flac": ("FLAC", "PCM_16"),
    "wav16": ("WAV", "PCM_16"),
    "wav24": ("WAV", "PCM_24"),
    "float": ("WAV", "FLOAT"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "vorbis": ("OGG", "VORBIS"),
    "aiff": ("AIFF", "PCM_16"),
    "caf": ("CAF", "PCM_16"),
    "au": ("AU", "PCM_16"),
}
FFMPEG: Final = {
    "opus": _Recipe("ogg", "libopus", "flt", 96),
    "aac": _Recipe("ipod", "aac", "fltp", 160),
    "alac": _Recipe("ipod", "alac", "s16p"),
    "wma": _Recipe("asf", "wmav2", "fltp", 160),
    "matroska": _Recipe("matroska", "flac", "s16"),
    "webm": _Recipe("webm", "libopus", "flt", 96),
    "wavpack": _Recipe("wv", "wavpack", "s16p"),
}
BLOCK: Final = 1 << 16  # samples per call of libsndfile; its Vorbis encoder overflows the stack on whole files


def encode(piece: Piece, signal: Signal, path: Path) -> None:
    """Write a signal in the format of a piece.

    Parameters
    ----------
    piece : Piece
    signal : ndarray, shape (2, samples)
    path : Path
        Its suffix is ignored.
    """
    if piece.format in SNDFILE:
        _with_sndfile(piece, signal, path)
    else:
        _with_ffmpeg(piece, signal, path)


def _with_sndfile(piece: Piece, signal: Signal, path: Path) -> None:
    kind, subtype = SNDFILE[piece.format]
    with soundfile.SoundFile(path, "w", piece.sample_rate, 2, subtype=subtype, format=kind) as file:
        for start in range(0, signal.shape[1], BLOCK):
            file.write(signal[:, start : start + BLOCK].T)


def _with_ffmpeg(piece: Piece, signal: Signal, path: Path) -> None:
    recipe = FFMPEG[piece.format]
    with av.open(str(path), "w", format=recipe.container, options={"fflags": "+bitexact"}) as container:
        stream: Any = container.add_stream(recipe.codec, rate=piece.sample_rate, layout="stereo")
        stream.codec_context.format = recipe.sample_format
        if recipe.kbits is not None:
            stream.bit_rate = 1000 * recipe.kbits
        samples = _samples(signal, recipe.sample_format)
        fifo = av.AudioFifo()
        fifo.write(_frame(samples, recipe.sample_format, piece.sample_rate))
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 4096
        while (frame := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _samples(signal: Signal, sample_format: str) -> Any:
    """Return the signal in a sample format, shape (2, samples) if planar, (1, 2 * samples) if interleaved."""
    scaled = np.round(signal * 32767).astype(np.int16) if sample_format.startswith("s16") else signal.astype(np.float32)
    return np.ascontiguousarray(scaled if sample_format.endswith("p") else scaled.T.reshape(1, -1))


def _frame(samples: Any, sample_format: str, rate: int) -> Any:
    frame = av.AudioFrame.from_ndarray(samples, format=sample_format, layout="stereo")
    frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
    return frame
