"""ID3, Lyrics3 and APEv2 tags around the audio of a file."""

import itertools
from collections.abc import Callable
from typing import Final

ReadAt = Callable[[int, int], bytes]
"""Reads (position, size) of a file; shorter at its end."""

TAG_MARKS: Final = (b"ID3", b"TAG", b"APETAGEX")  # what tags behind the audio start with
_ID3V2_HEADER: Final = 10
_ID3V1_SIZE: Final = 128
_LYRICS3_FOOTER: Final = 15
_APE_FOOTER: Final = 32


def id3v2_end(read_at: ReadAt, max_tags: int | None = None) -> int:
    """Return the position behind all ID3v2 tags at the start of a file, which may lie beyond its end.

    Parameters
    ----------
    read_at : callable
    max_tags : int, optional
        Stop after so many tags.
    """
    position = 0
    for _ in itertools.count() if max_tags is None else range(max_tags):
        header = read_at(position, _ID3V2_HEADER)
        if len(header) < _ID3V2_HEADER or header[:3] != b"ID3" or max(header[6:]) > 127:
            break
        footer = _ID3V2_HEADER if header[5] & 0x10 else 0
        position += _ID3V2_HEADER + footer + _syncsafe(header[6:])
    return position


def audio_span(read_at: ReadAt, size: int) -> tuple[int, int]:
    """Return (start, end) of the part of a file between the tags at its start and at its end.

    Parameters
    ----------
    read_at : callable
    size : int
        Of the file, in bytes.
    """
    start = id3v2_end(read_at)
    if start >= size:
        return 0, size
    end = size
    while (shorter := _before_last_tag(read_at, start, end)) != end:
        end = shorter
    return start, end


def _syncsafe(digits: bytes) -> int:
    """Return an integer of seven bits a byte."""
    return digits[0] << 21 | digits[1] << 14 | digits[2] << 7 | digits[3]


def _before_last_tag(read_at: ReadAt, start: int, end: int) -> int:
    """Return where the last tag before *end* begins; *end* if there is none."""
    tail = read_at(max(start, end - _ID3V1_SIZE), min(_ID3V1_SIZE, end - start))
    if len(tail) == _ID3V1_SIZE and tail[:3] == b"TAG":
        return end - _ID3V1_SIZE
    if tail[-9:] == b"LYRICS200" and tail[-_LYRICS3_FOOTER:-9].isdigit():
        return max(start, end - _LYRICS3_FOOTER - int(tail[-_LYRICS3_FOOTER:-9]))
    if tail[-_APE_FOOTER:-24] == b"APETAGEX":
        has_header = tail[-9] & 0x80
        length = int.from_bytes(tail[-20:-16], "little") + (_APE_FOOTER if has_header else 0)
        return max(start, end - length) if _APE_FOOTER <= length <= end - start else end
    return end
