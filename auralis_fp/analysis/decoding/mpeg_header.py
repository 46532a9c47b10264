"""The first frame header of MPEG audio: free format, and the length that encoders state."""

import struct
from dataclasses import dataclass
from typing import Final

from ...files.id3 import audio_span, id3v2_end
from .source import Source

_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by version
_MPEG1: Final = 3
_LAYER_III, _LAYER_I = 1, 3
_MONO: Final = 3
_MAX_TAGS: Final = 16
_SLACK_BYTES: Final = 2048  # encoders count a frame more or less


@dataclass(frozen=True, slots=True)
class MpegHeader:
    """A frame header.

    Parameters
    ----------
    free_format : bool
        Whether it leaves the bit rate open.
    sample_rate : int
        Hz.
    frame_samples : int
        Samples per frame.
    info_offset : int
        Bytes from the header to the place of a Xing or Info tag.
    """

    free_format: bool
    sample_rate: int
    frame_samples: int
    info_offset: int


def read_mpeg_header(head: bytes) -> MpegHeader | None:
    """Return the frame header that *head* starts with, None if there is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version not in _RATES or layer == 0 or bit_rate == 15 or rate == 3:
        return None
    mono, first = head[3] >> 6 == _MONO, version == _MPEG1
    samples = 384 if layer == _LAYER_I else 1152 if first or layer != _LAYER_III else 576
    offset = 4 + ((17 if mono else 32) if first else (9 if mono else 17))
    return MpegHeader(bit_rate == 0, _RATES[version][rate], samples, offset)


def sec_before_tags(source: Source) -> float | None:
    """Return the length in seconds that the Xing or Info tag states, if nothing but tags follows that audio.

    libav estimates the length from the file size when long tags follow.
    """
    header = read_mpeg_header(source.head)
    if header is None or source.head[header.info_offset :][:4] not in (b"Xing", b"Info"):
        return None
    flags, frames, size = struct.unpack_from(">III", source.head, header.info_offset + 4)
    if flags & 3 != 3:  # without the number of frames or of bytes
        return None
    present = source.size - source.start
    end = size + id3v2_end(lambda position, count: source.read_at(size + position, count), _MAX_TAGS)
    if end < audio_span(source.read_at, present)[1] - _SLACK_BYTES or size > present:
        return None
    return float(frames * header.frame_samples / header.sample_rate)
