"""The sample format that the header of a WAV file states, to check what the decoders make of it."""

import struct
from dataclasses import dataclass
from typing import Final

from ...files.riff import AIFF, RIFF, read_chunks
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
    """Return the format of a WAV file's uncompressed samples; None for other files and codecs.

    Does not restore the position of the source.
    """
    head = source.head
    big = is_big_endian(head)
    if not big and (head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE"):
        return None
    for chunk in read_chunks(source.read_at, 12, AIFF if big else RIFF, _MAX_CHUNKS):
        if chunk.name == b"fmt ":
            return _parse(source.read_at(chunk.start, 40), ">" if big else "<")
    return None


def _parse(content: bytes, order: str) -> WaveFormat | None:
    if len(content) < 16:
        return None
    tag, channels, rate, _, align, bits = struct.unpack_from(f"{order}HHIIHH", content)
    if tag == _EXTENSIBLE and len(content) >= 40:
        tag = struct.unpack_from(f"{order}H", content, 24)[0]  # the first bytes of the sub-format
    if channels:
        bits = 8 * align // channels  # of the container; fewer may be valid, in its upper bits
    if tag == _PCM and bits in (8, 16, 24, 32):
        return WaveFormat("pcm_u8" if bits == 8 else f"pcm_s{bits}", rate, channels)
    if tag == _FLOAT and bits in (32, 64):
        return WaveFormat(f"pcm_f{bits}", rate, channels)
    return None
