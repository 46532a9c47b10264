"""The sample format that the header of a WAV, Wave64 or CAF file states, to check what the decoders make of it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ...files.riff import AIFF, CAF, RIFF, Chunk, read_chunks, read_w64_chunks
from .source import Source

_MAX_CHUNKS: Final = 256
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


@dataclass(frozen=True, slots=True)
class WaveFormat:
    """Stated format of the samples.

    Parameters
    ----------
    codec : str
        As readers name it, such as ``pcm_s24``.
    sample_rate : int
        Hz.
    channels : int
    """

    codec: str
    sample_rate: int
    channels: int


def is_big_endian(head: bytes) -> bool:
    """Return True for RIFX, the big-endian variant of WAV."""
    return head[:4] == b"RIFX" and head[8:12] == b"WAVE"


def read_wave_format(source: Source) -> WaveFormat | None:
    """Return the format of uncompressed samples; None for other files and codecs.

    Does not restore the position of the source.
    """
    head, big = source.head, is_big_endian(source.head)
    if head[:4] == b"caff":
        description = _find(b"desc", read_chunks(source.read_at, 8, CAF, _MAX_CHUNKS))
        return None if description is None else _parse_caf(source.read_at(description.start, 32))
    if head[:4] == b"riff" and head[24:28] == b"wave":
        chunks = read_w64_chunks(source.read_at, _MAX_CHUNKS)
    elif big or (head[:4] in (b"RIFF", b"RF64", b"BW64") and head[8:12] == b"WAVE"):
        chunks = read_chunks(source.read_at, 12, AIFF if big else RIFF, _MAX_CHUNKS)
    else:
        return None
    layout = _find(b"fmt ", chunks)
    return None if layout is None else _parse(source.read_at(layout.start, 40), ">" if big else "<")


def _find(name: bytes, chunks: Iterator[Chunk]) -> Chunk | None:
    return next((chunk for chunk in chunks if chunk.name == name), None)


def _parse_caf(content: bytes) -> WaveFormat | None:
    if len(content) < 32 or content[8:12] != b"lpcm":
        return None
    rate, _, flags, align, _, channels, _ = struct.unpack(">d4sIIIII", content)
    return _linear(_FLOAT if flags & 1 else _PCM, 8 * align // max(1, channels), int(rate), channels)


def _parse(content: bytes, order: str) -> WaveFormat | None:
    if len(content) < 16:
        return None
    tag, channels, rate, _, align, bits = struct.unpack_from(f"{order}HHIIHH", content)
    if tag == _EXTENSIBLE and len(content) >= 40:
        tag = struct.unpack_from(f"{order}H", content, 24)[0]  # the first bytes of the sub-format
    if channels:
        bits = 8 * align // channels  # of the container; fewer may be valid, in its upper bits
    return None if tag == _PCM and bits == 8 else _linear(tag, bits, rate, channels)


def _linear(tag: int, bits: int, rate: int, channels: int) -> WaveFormat | None:
    """Return the format of integer or float samples of a size that occurs."""
    if tag == _PCM and bits in (16, 24, 32):
        return WaveFormat(f"pcm_s{bits}", rate, channels)
    if tag == _FLOAT and bits in (32, 64):
        return WaveFormat(f"pcm_f{bits}", rate, channels)
    return None
