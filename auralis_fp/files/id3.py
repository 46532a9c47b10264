"""ID3, Lyrics3 and APEv2 tags around the audio of a file: where they are. What they say is read in ``tags``."""

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

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
        position += _ID3V2_HEADER + footer + syncsafe(header[6:])
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


class ApeFooter(NamedTuple):
    """The last 32 bytes of an APEv2 tag.

    Parameters
    ----------
    items_size : int
        Bytes of the items, which lie before the footer.
    size : int
        Bytes of the whole tag.
    """

    items_size: int
    size: int


def ape_footer(tail: bytes) -> ApeFooter | None:
    """Return the APEv2 footer at the end of *tail*, None if there is none."""
    footer = tail[-_APE_FOOTER:]
    if len(footer) < _APE_FOOTER or not footer.startswith(b"APETAGEX"):
        return None
    stated = int.from_bytes(footer[12:16], "little")  # items and footer
    if stated < _APE_FOOTER:
        return None
    has_header = footer[23] & 0x80
    return ApeFooter(stated - _APE_FOOTER, stated + (_APE_FOOTER if has_header else 0))


def ape_items(read_at: ReadAt, size: int, most: int) -> bytes:
    """Return the items of the APEv2 tag at the end of a file, also if other tags follow it; empty if there is none.

    Parameters
    ----------
    read_at : callable
    size : int
        Of the file, in bytes.
    most : int
        A longer tag is ignored.
    """
    end = size
    while True:
        footer = ape_footer(read_at(max(0, end - _APE_FOOTER), min(_APE_FOOTER, end)))
        if footer is not None and footer.size <= end:
            start = end - _APE_FOOTER - footer.items_size
            return read_at(start, footer.items_size) if footer.items_size <= most else b""
        shorter = _before_last_tag(read_at, 0, end)
        if shorter == end:
            return b""
        end = shorter


def syncsafe(digits: bytes) -> int:
    """Return an integer of seven bits a byte."""
    return digits[0] << 21 | digits[1] << 14 | digits[2] << 7 | digits[3]


def _before_last_tag(read_at: ReadAt, start: int, end: int) -> int:
    """Return where the last tag before *end* begins; *end* if there is none."""
    tail = read_at(max(start, end - _ID3V1_SIZE), min(_ID3V1_SIZE, end - start))
    if len(tail) == _ID3V1_SIZE and tail[:3] == b"TAG":
        return end - _ID3V1_SIZE
    if tail[-9:] == b"LYRICS200" and tail[-_LYRICS3_FOOTER:-9].isdigit():
        return max(start, end - _LYRICS3_FOOTER - int(tail[-_LYRICS3_FOOTER:-9]))
    footer = ape_footer(tail)
    return end - footer.size if footer is not None and footer.size <= end - start else end
